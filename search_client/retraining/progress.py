"""What a running retraining tells those who watch it, and what they tell it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class RetrainProgress:
    """Where a retraining stands after a step.

    Attributes:
        step: Steps done.
        epoch: Counted from 1; the one that the step belongs to.
        loss: Of the last batch.
        accuracy: Share of the last batch's images that were classified rightly.
        validation_accuracy: At the end of the last epoch that ended in this session; None where nothing is held out.
    """

    step: int
    total_steps: int
    epoch: int
    epochs: int
    loss: float
    accuracy: float
    validation_accuracy: float | None


@dataclass(frozen=True)
class RetrainWatcher:
    """Who follows a retraining.

    Attributes:
        on_progress: Called after every step.
        stop_requested: Asked after every step; once true, what is needed to go on is stored, and training stops.
        clock_s: A monotonic clock, seconds.
    """

    on_progress: Callable[[RetrainProgress], None]
    stop_requested: Callable[[], bool]
    clock_s: Callable[[], float]


class RetrainInterrupted(Exception):
    """The retraining was asked to stop, and has; its folder holds all that is needed to go on."""
