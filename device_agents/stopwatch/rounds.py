"""Rounds: many subjects measured side by side, so that a drift of the host hits all of them alike."""

import random
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Generic, TypeVar

from device_agents.failures import failure_from
from device_agents.runtimes.base import DeviceAway
from device_agents.stopwatch.instruments import Instruments
from device_agents.stopwatch.reference import ReferenceOp
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.series import Outcome, Series
from device_agents.stopwatch.subject import Subject

Key = TypeVar("Key", bound=Hashable)


def measure_interleaved(
    subjects: Mapping[Key, Subject],
    rules: TimingRules,
    instruments: Instruments,
    rng: random.Random,
    on_progress: Callable[[Key], None] = lambda key: None,
    reference: ReferenceOp | None = None,
) -> Iterator[tuple[Key, Outcome]]:
    """Yield each subject's outcome as soon as its series is done; a subject that raises fails alone.

    Each round gives every unfinished subject one turn, in a new random order. A series that has samples enough waits,
    without a turn, for the reading of the reference op that tells whether its last rounds count.

    Args:
        subjects: What to measure.
        rules: The protocol's numbers.
        instruments: Clock and counters.
        rng: Draws the orders.
        on_progress: Told who is worked on, at each sample; quick.
        reference: Watches the machine's speed; None: nobody does.

    Raises:
        DeviceAway: The device that all of them run on is away.

    Source: google/benchmark, `--benchmark_enable_random_interleaving`.
    """
    turns = _Turns(subjects, rules, instruments, on_progress, reference)
    waiting = list(subjects)
    turns.read_reference()
    while waiting:
        rng.shuffle(waiting)
        turns.taken = 0
        for key in tuple(waiting):
            outcome = turns.give(key)
            if outcome is not None:
                waiting.remove(key)
                yield key, outcome
        if not turns.taken:
            turns.read_reference()


class _Turns(Generic[Key]):
    """Gives subjects their turns, and reads the reference op in between."""

    def __init__(
        self,
        subjects: Mapping[Key, Subject],
        rules: TimingRules,
        instruments: Instruments,
        on_progress: Callable[[Key], None],
        reference: ReferenceOp | None,
    ) -> None:
        self.taken = 0
        self._subjects = subjects
        self._rules = rules
        self._instruments = instruments
        self._on_progress = on_progress
        self._reference = reference
        self._series: dict[Key, Series] = {}

    def read_reference(self) -> None:
        """Read the reference op, where there is one."""
        if self._reference is not None:
            self._reference.read()

    def give(self, key: Key) -> Outcome | None:
        """Let a subject take a round if it needs one; return its outcome once it needs none and its rounds are closed.

        Its series is made at its first turn.
        """
        try:
            series = self._series.get(key)
            if series is not None and not series.needs_more:
                return series.outcome() if series.is_closed else None
            self.taken += 1
            series = series or self._start(key)
            series.take_round()
        except DeviceAway:  # ends them all
            raise
        except Exception as error:  # a runtime may raise anything: it ends this subject, not its neighbours
            return failure_from(error)
        if self._reference is not None:
            self._reference.read_if_due()
        return None

    def _start(self, key: Key) -> Series:
        self._series[key] = Series(
            self._subjects[key], self._rules, self._instruments, self._reference, lambda: self._on_progress(key)
        )
        return self._series[key]
