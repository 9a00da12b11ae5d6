"""Checks of the measured noise floor."""

from device_agents.doctor.findings import Finding, Severity, good
from device_agents.doctor.noise import NoiseFloor

_FINE, _BEARABLE = 0.02, 0.05
_FEW_DISTURBED, _MANY_DISTURBED = 0.05, 0.3
_FINE_TIMER_NS = 1000.0


def judge_noise(noise: NoiseFloor) -> list[Finding]:
    """Return what the noise floor means."""
    return [_judge_difference(noise), _judge_disturbance(noise), _judge_timer(noise)]


def _judge_difference(noise: NoiseFloor) -> Finding:
    seen = f"two tables of this host will differ by about {noise.between:.1%} (one op in ten by {noise.between_p90:.1%}"
    seen += f" or more); one session believes itself to +-{noise.within:.1%}"
    severity = _severity(noise)
    if severity == "good":
        return good("noise floor", seen)
    if noise.complaints:
        doubtful = sum(count for verdict, count in noise.verdicts.items() if verdict != "ok")
        seen += (
            f"; {doubtful} of {sum(noise.verdicts.values())} measurements are not ok, such as: {noise.complaints[0]}"
        )
    return Finding(
        name="noise floor",
        severity=severity,
        seen=seen,
        why="Ops that differ by less than that cannot be told apart, nor can the effect of a change to the host.",
        mend="mend what else is listed here, the bad ones first, and look again",
    )


def _severity(noise: NoiseFloor) -> Severity:
    if noise.between >= _BEARABLE or "unfit" in noise.verdicts:
        return "bad"
    return "warn" if noise.between >= _FINE or "noisy" in noise.verdicts else "good"


def _judge_disturbance(noise: NoiseFloor) -> Finding:
    others = [
        *([] if noise.foreign_load is None else [f"other processes used {noise.foreign_load:.2f} cores"]),
        *([] if noise.steal_share is None else [f"the hypervisor kept {noise.steal_share:.1%}"]),
    ]
    seen = "; ".join([f"{noise.disturbed_share:.1%} of the samples were disturbed", *others])
    if noise.disturbed_share < _FEW_DISTURBED:
        return good("disturbance", seen)
    return Finding(
        name="disturbance",
        severity="warn" if noise.disturbed_share < _MANY_DISTURBED else "bad",
        seen=seen,
        why="Disturbed samples are left out; the more there are, the longer a table takes and the less it is worth.",
        mend="give the measuring core to the agent alone",
    )


def _judge_timer(noise: NoiseFloor) -> Finding:
    seen = f"a reading costs {noise.timer_cost_ns:.0f} ns, the smallest step is {noise.timer_resolution_ns} ns"
    if max(noise.timer_cost_ns, noise.timer_resolution_ns) < _FINE_TIMER_NS:
        return good("timer", seen)
    return Finding(
        name="timer",
        severity="warn",
        seen=seen,
        why="Samples have to be longer, so that a table takes longer and more samples are disturbed.",
        mend="choose a quick clock source (see there)",
    )
