"""Rounds: many subjects measured side by side, so that a drift of the host hits all of them alike."""

import random
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TypeVar

from device_agents.failures import failure_from
from device_agents.stopwatch.instruments import Instruments
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.series import Outcome, Series
from device_agents.stopwatch.subject import Subject

Key = TypeVar("Key", bound=Hashable)


def measure_interleaved(
    subjects: Mapping[Key, Subject],
    rules: TimingRules,
    instruments: Instruments,
    rng: random.Random,
    on_turn: Callable[[Key], None],
) -> Iterator[tuple[Key, Outcome]]:
    """Yield each subject's outcome as soon as its series is done; a subject that raises fails alone.

    Each round gives every unfinished subject one turn, in a new random order.

    Args:
        subjects: What to measure.
        rules: The protocol's numbers.
        instruments: Clock and counters.
        rng: Draws the orders.
        on_turn: Told whose turn begins.

    Source: google/benchmark, `--benchmark_enable_random_interleaving`.
    """
    series: dict[Key, Series] = {}
    waiting = list(subjects)
    while waiting:
        rng.shuffle(waiting)
        for key in tuple(waiting):
            on_turn(key)
            try:
                outcome = _take_turn(key, series, subjects[key], rules, instruments)
            except Exception as error:  # a runtime may raise anything: it ends this subject, not its neighbours
                outcome = failure_from(error)
            if outcome is not None:
                waiting.remove(key)
                yield key, outcome


def _take_turn(
    key: Key, series: dict[Key, Series], subject: Subject, rules: TimingRules, instruments: Instruments
) -> Outcome | None:
    """Take one round of a subject, making its series at its first turn; return the outcome once there is one."""
    if key not in series:
        series[key] = Series(subject, rules, instruments)
    series[key].take_round()
    return None if series[key].needs_more else series[key].outcome()
