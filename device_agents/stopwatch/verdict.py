"""The verdict: how far a series can be trusted, and why not."""

from collections.abc import Iterator

from device_agents.stopwatch.contention import ContentionLog
from device_agents.stopwatch.record import Record
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.warmup import WarmUp
from latency_service.contract.measurement import Verdict
from latency_service.contract.summary import Summary


def judge(
    summary: Summary, record: Record, warm: WarmUp, contention: ContentionLog, rules: TimingRules
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict on a series and, unless it is `ok`, the reasons.

    Args:
        summary: Of the samples that count.
        record: All rounds.
        warm: How warm-up ended.
        contention: What else went on.
        rules: The limits.
    """
    if summary.n < rules.fewest_samples:
        moved = (_speed_moved(record),) if record.off_speed else ()
        return "unfit", (too_disturbed(summary.n, len(record.samples), contention), *moved)
    reasons = list(_doubts(summary, record, warm, contention, rules))
    return ("noisy" if reasons else "ok"), tuple(reasons)


def too_disturbed(clean: int, samples: int, contention: ContentionLog) -> str:
    """Return the sentence that says that, and by what, too many samples were disturbed."""
    text = f"only {clean} of {samples} samples were undisturbed"
    if contention.foreign_load is not None:
        text += f" (other processes used {contention.foreign_load:.2f} cores"
        text += f", the hypervisor kept {contention.steal_share or 0:.1%})"
    return text + "; give the measuring core to the agent alone"


def _doubts(
    summary: Summary, record: Record, warm: WarmUp, contention: ContentionLog, rules: TimingRules
) -> Iterator[str]:
    if summary.relative_ci > rules.ok_relative_ci:
        limit = f"more than {rules.ok_relative_ci:.1%}"
        yield f"the median is known to +-{summary.relative_ci:.1%} only, {limit}"
    if not warm.is_steady:
        yield f"it did not run steadily after {warm.runs} warm-up runs"
    if record.is_unsteady:
        yield _speed_moved(record)
    if contention.sibling_load is not None and contention.sibling_load > rules.max_sibling_load:
        yield (
            f"the other hardware thread of the measuring core was busy {contention.sibling_load:.0%} of the time; "
            "keep it free, or switch SMT off"
        )


def _speed_moved(record: Record) -> str:
    shift, stolen = record.largest_shift, record.largest_stolen_share
    causes = []
    if shift:
        causes.append(
            f"the reference op took up to {abs(shift):.1%} {'more' if shift > 0 else 'less'} than at its level"
        )
    if stolen:
        causes.append(f"the hypervisor kept up to {stolen:.1%} of a round")
    share = f"{len(record.off_speed)} of {len(record.rounds)} rounds"
    return f"the machine changed its speed during {share}: {' and '.join(causes)}; keep its clock and neighbours steady"
