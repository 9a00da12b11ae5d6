import pytest

from device_agents.doctor.checks_noise import judge_noise
from device_agents.doctor.findings import Finding
from tests.unit.device_agents.doctor.noise_floors import QUIET


def judged(**changes: object) -> dict[str, Finding]:
    return {finding.name: finding for finding in judge_noise(QUIET.model_copy(update=changes))}


@pytest.mark.parametrize(("between", "severity"), [(0.008, "good"), (0.03, "warn"), (0.06, "bad")])
def test_the_difference_between_two_tables_decides(between: float, severity: str) -> None:
    finding = judged(between=between)["noise floor"]
    assert finding.severity == severity
    assert f"two tables of this host will differ by about {between:.1%}" in finding.seen


@pytest.mark.parametrize(("verdict", "severity"), [("noisy", "warn"), ("unfit", "bad")])
def test_what_the_stopwatch_does_not_trust_is_not_good(verdict: str, severity: str) -> None:
    complaints = ("it did not run steadily", "the machine changed its speed")
    finding = judged(verdicts={"ok": 12, verdict: 3}, complaints=complaints)["noise floor"]
    assert finding.severity == severity
    assert "3 of 15 measurements are not ok, such as: it did not run steadily" in finding.seen


@pytest.mark.parametrize(("share", "severity"), [(0.01, "good"), (0.1, "warn"), (0.5, "bad")])
def test_disturbed_samples_are_judged_by_their_share(share: float, severity: str) -> None:
    assert judged(disturbed_share=share)["disturbance"].severity == severity


def test_who_disturbed_is_told_where_the_host_shows_it() -> None:
    assert "other processes used 0.02 cores; the hypervisor kept 0.0%" in judged()["disturbance"].seen
    assert "cores" not in judged(foreign_load=None)["disturbance"].seen


@pytest.mark.parametrize("slow", [{"timer_cost_ns": 1500.0}, {"timer_resolution_ns": 15_000_000}])
def test_a_slow_or_coarse_clock_is_found(slow: dict[str, float]) -> None:
    assert judged()["timer"].severity == "good"
    assert judged(**slow)["timer"].severity == "warn"
