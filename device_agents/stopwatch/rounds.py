"""Rounds: many subjects measured side by side, so that a drift of the host hits all of them alike."""

import random
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from types import MappingProxyType
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
    serves: Mapping[Key, Collection[Key]] = MappingProxyType({}),
    on_turn: Callable[[Key, int], None] = lambda key, round_number: None,
) -> Iterator[tuple[Key, Outcome]]:
    """Yield each subject's outcome as soon as its series is done; a subject that raises fails alone.

    Each round gives every unfinished subject one turn, in a new random order in which those that belong together come
    behind each other. A series that has samples enough waits,
    without a turn, for the reading of the reference op that tells whether its last rounds count.

    Args:
        subjects: What to measure.
        rules: The protocol's numbers.
        instruments: Clock and counters.
        rng: Draws the orders.
        on_progress: Told who is worked on, at each sample; quick.
        reference: Watches the machine's speed; None: nobody does.
        serves: Subjects that stand beside others, by those that do: they take a turn in every round in which one of
            these does, and are done last.
        on_turn: Told of each turn that was taken, and in which round, from 0 on. Who had enough, until a reading of the
            reference op voided some of it, has missed rounds.

    Raises:
        DeviceAway: The device that all of them run on is away.

    Source: google/benchmark, `--benchmark_enable_random_interleaving`.
    """
    turns = _Turns(subjects, rules, instruments, on_progress, reference, serves, on_turn)
    waiting = list(subjects)
    turns.read_reference()
    while waiting:
        rng.shuffle(waiting)
        turns.begin_round()
        for key in turns.together(waiting):
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
        serves: Mapping[Key, Collection[Key]],
        on_turn: Callable[[Key, int], None],
    ) -> None:
        self.taken = 0
        self._round = -1
        self._subjects = subjects
        self._rules = rules
        self._instruments = instruments
        self._on_progress = on_progress
        self._reference = reference
        self._serves = serves
        self._on_turn = on_turn
        self._series: dict[Key, Series] = {}
        self._done: set[Key] = set()

    def begin_round(self) -> None:
        """Count the turns of another round."""
        self.taken = 0
        self._round += 1

    def read_reference(self) -> None:
        """Read the reference op, where there is one."""
        if self._reference is not None:
            self._reference.read()

    def together(self, keys: Sequence[Key]) -> list[Key]:
        """Return the keys in their order, but a subject and those that it serves as one group, it before them.

        So it is asked for a turn while one of them still needs one.
        """
        leaders = {key: key for key in keys} | {each: key for key, group in self._serves.items() for each in group}
        places: dict[Key, int] = {}
        for key in keys:
            places.setdefault(leaders[key], len(places))
        return sorted(keys, key=lambda key: (places[leaders[key]], key != leaders[key]))

    def give(self, key: Key) -> Outcome | None:
        """Let a subject take a round if it needs one; return its outcome once it needs none and its rounds are closed.

        Its series is made at its first turn.
        """
        outcome = self._give(key)
        if outcome is not None:
            self._done.add(key)
        return outcome

    def _give(self, key: Key) -> Outcome | None:
        try:
            series = self._series.get(key)
            if series is not None and not self._needs_more(key):
                return series.outcome() if series.is_closed and self._done.issuperset(self._served(key)) else None
            self.taken += 1
            series = series or self._start(key)
            series.take_round()
            self._on_turn(key, self._round)
        except DeviceAway:  # ends them all
            raise
        except Exception as error:  # a runtime may raise anything: it ends this subject, not its neighbours
            return failure_from(error)
        if self._reference is not None:
            self._reference.read_if_due()
        return None

    def _needs_more(self, key: Key) -> bool:
        """Say whether a subject is worth another round, for its own sake or for that of those that it serves."""
        series = self._series.get(key)
        if series is None or series.needs_more:
            return True
        return any(each not in self._done and self._needs_more(each) for each in self._served(key))

    def _served(self, key: Key) -> Collection[Key]:
        return self._serves.get(key, ())

    def _start(self, key: Key) -> Series:
        self._series[key] = Series(
            self._subjects[key], self._rules, self._instruments, self._reference, lambda: self._on_progress(key)
        )
        return self._series[key]
