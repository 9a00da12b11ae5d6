"""What a running search tells those who watch it, and what they tell it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Phase = Literal["warm-up", "search", "settling", "fine-tuning"]


@dataclass(frozen=True)
class SearchProgress:
    """Where a search stands after a step.

    Attributes:
        step: Weight steps done, counted over all phases.
        total_steps: Weight steps of the whole run.
        loss: Of the last batch.
        accuracy: Share of the last batch's images that were classified rightly.
        expected: Expected cost over all paths, a term of the objective each.
        derived: Cost of the network that leads, a term of the objective each.
        entropy: Of the path probabilities, mean over the blocks; 1 is undecided, 0 decided.
    """

    phase: Phase
    step: int
    total_steps: int
    loss: float
    accuracy: float
    expected: tuple[float, ...]
    derived: tuple[float, ...]
    entropy: float


@dataclass(frozen=True)
class Watcher:
    """Who follows a search.

    Attributes:
        on_progress: Called after every weight step.
        stop_requested: Asked after every weight step; once true, the search stores what is needed to go on, and stops.
        clock_s: A monotonic clock, seconds.
    """

    on_progress: Callable[[SearchProgress], None]
    stop_requested: Callable[[], bool]
    clock_s: Callable[[], float]


class SearchInterrupted(Exception):
    """The search was asked to stop, and has; its run folder holds all that is needed to go on."""
