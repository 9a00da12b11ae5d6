"""Records for tests, of rounds that never ran."""

from collections.abc import Callable

from device_agents.stopwatch.record import Record, Round
from device_agents.stopwatch.reference import ReferenceOp
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.sample import Sample

RULES = TimingRules()


def a_round(*samples_ms: float, stolen_share: float = 0.0, readings_before: int = 0) -> Round:
    """Return a round of undisturbed samples."""
    samples = tuple(Sample(duration_ns=round(ms * 1e6), runs=1, switches=0) for ms in samples_ms)
    return Round(samples, sum(samples_ms) / 1e3, readings_before, stolen_share)


def a_record(*rounds: Round, reference: ReferenceOp | None = None, rules: TimingRules = RULES) -> Record:
    """Return a record of rounds."""
    record = Record(rules, reference)
    record.rounds.extend(rounds)
    return record


def slower_by(factor: float) -> Callable[[int], float]:
    """Return the slowness of a machine that keeps its speed."""
    return lambda now_ns: factor
