from device_agents.stopwatch.contention import ContentionLog
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.verdict import judge
from device_agents.stopwatch.warmup import WarmUp
from latency_service.contract.summary import summarize
from tests.unit.device_agents.stopwatch.simulation import SimulatedHost

RULES = TimingRules()
QUIET = ContentionLog(SimulatedHost().instruments())
STEADY, UNSTEADY = WarmUp(10, is_steady=True), WarmUp(300, is_steady=False)
TIGHT = summarize([1 + index / 1e4 for index in range(30)])
WIDE = summarize([1 + index / 10 for index in range(30)])


def test_a_tight_interval_after_a_steady_warm_up_is_ok() -> None:
    assert judge(TIGHT, 30, STEADY, QUIET, RULES) == ("ok", ())


def test_every_reason_is_named() -> None:
    verdict, reasons = judge(WIDE, 30, UNSTEADY, QUIET, RULES)
    assert verdict == "noisy"
    assert len(reasons) == 2
    assert "300 warm-up runs" in reasons[1]


def test_too_few_clean_samples_are_unfit_however_tight() -> None:
    few = summarize([1.0] * (RULES.fewest_samples - 1))
    verdict, reasons = judge(few, 90, STEADY, QUIET, RULES)
    assert verdict == "unfit"
    assert "only 9 of 90 samples were undisturbed" in reasons[0]
