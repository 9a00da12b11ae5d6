"""Context: an op's measurement, completed by what the op adds to its feeder's time."""

from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import NamedTuple

from device_agents.stopwatch.series import Outcome
from latency_service.contract.in_context import InContext, difference, drowns
from latency_service.contract.measurement import Failure, Measurement
from latency_service.contract.timings import Timings

#: Of the runtime's facts: why an op that has a feeder was not timed behind it.
_FACT = "in_context"


class Timed(NamedTuple):
    """What came of a subject, and the numbers of the rounds in which it had its turns, in order."""

    outcome: Outcome
    rounds: tuple[int, ...]


def put_in_context(op: Measurement, feeder: str, chain: Timed, alone: Timed) -> Measurement:
    """Return the op's measurement with the timings of its chain and of its feeder, as far as there are any.

    Of both those rounds are kept that both have had. Either may have had others: the feeder for other ops, the chain
    where a reading of the reference op voided a round of it after the feeder's turn.

    Args:
        op: The op alone.
        feeder: Its feeder's key.
        chain: Feeder and op behind each other.
        alone: The feeder.
    """
    for failed in (chain.outcome, alone.outcome):
        if isinstance(failed, Failure):
            return no_context(op, failed)
    together, fed = _of_rounds(chain, alone.rounds), _of_rounds(alone, chain.rounds)
    reasons = [f"feeder and op together: {reason}" for reason in _unfit(chain)]
    reasons += [f"the feeder: {reason}" for reason in _unfit(alone)]
    latency_ms, (low_ms, high_ms) = difference(together, fed)
    if drowns(latency_ms, (low_ms, high_ms)):
        reasons.append(f"the difference drowns in noise: {latency_ms:.4g} ms, between {low_ms:.4g} and {high_ms:.4g}")
    context = InContext(feeder=feeder, chain=together, alone=fed, reasons=tuple(reasons))
    return op.model_copy(update={"in_context": context})


def no_context(op: Measurement, failure: Failure) -> Measurement:
    """Return the op's measurement with a fact that says why it was not timed in context."""
    reason = f"{failure.error_class}: {failure.message}"
    return op.model_copy(update={"runtime_facts": op.runtime_facts | {_FACT: reason}})


def some_rounds(timings: Timings, chosen: Sequence[int]) -> Timings:
    """Return the timings of some of the rounds.

    Args:
        timings: Of all rounds.
        chosen: Indices of rounds, ascending, at least one.
    """
    ends = list(accumulate(timings.round_sizes, initial=0))
    samples = [index for each in chosen for index in range(ends[each], ends[each + 1])]
    disturbed, voided = set(timings.disturbed), set(timings.voided_rounds)
    kept = timings.model_copy(
        update={
            "samples_ms": tuple(timings.samples_ms[index] for index in samples),
            "round_sizes": tuple(timings.round_sizes[each] for each in chosen),
            "disturbed": tuple(place for place, index in enumerate(samples) if index in disturbed),
            "voided_rounds": tuple(place for place, each in enumerate(chosen) if each in voided),
        }
    )
    return kept.model_copy(update={"summary": kept.recompute_summary()})


def _of_rounds(timed: Timed, others: Collection[int]) -> Timings:
    """Return the timings of the rounds that others have had, too; all begin in the same one."""
    measurement, numbers = timed.outcome, set(others)
    assert isinstance(measurement, Measurement), "no failure"
    timings = Timings(**{name: getattr(measurement, name) for name in Timings.model_fields})
    return some_rounds(timings, [index for index, number in enumerate(timed.rounds) if number in numbers])


def _unfit(timed: Timed) -> tuple[str, ...]:
    measurement = timed.outcome
    return measurement.reasons if isinstance(measurement, Measurement) and measurement.verdict == "unfit" else ()
