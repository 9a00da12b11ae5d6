"""The verdict: how far a series can be trusted, and why not."""

from device_agents.stopwatch.contention import ContentionLog
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.warmup import WarmUp
from latency_service.contract.measurement import Verdict
from latency_service.contract.summary import Summary


def judge(
    summary: Summary, samples: int, warm: WarmUp, contention: ContentionLog, rules: TimingRules
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict on a series and, unless it is `ok`, the reasons.

    Args:
        summary: Of the clean samples.
        samples: How many were taken, disturbed ones included.
        warm: How warm-up ended.
        contention: What else went on.
        rules: The limits.
    """
    if summary.n < rules.fewest_samples:
        return "unfit", (too_disturbed(summary.n, samples, contention),)
    reasons = []
    if summary.relative_ci > rules.ok_relative_ci:
        limit = f"more than {rules.ok_relative_ci:.1%}"
        reasons.append(f"the median is known to +-{summary.relative_ci:.1%} only, {limit}")
    if not warm.is_steady:
        reasons.append(f"it did not run steadily after {warm.runs} warm-up runs")
    return ("noisy" if reasons else "ok"), tuple(reasons)


def too_disturbed(clean: int, samples: int, contention: ContentionLog) -> str:
    """Return the sentence that says that, and by what, too many samples were disturbed."""
    text = f"only {clean} of {samples} samples were undisturbed"
    if contention.foreign_load is not None:
        text += f" (other processes used {contention.foreign_load:.2f} cores"
        text += f", the hypervisor kept {contention.steal_share or 0:.1%})"
    return text + "; give the measuring core to the agent alone"
