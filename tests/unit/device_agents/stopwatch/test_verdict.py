from benchmarks.simulated_hosts import MS, SimulatedHost, SimulatedSubject
from device_agents.stopwatch.contention import ContentionLog
from device_agents.stopwatch.verdict import judge
from device_agents.stopwatch.warmup import WarmUp
from latency_service.contract.summary import summarize
from tests.unit.device_agents.stopwatch.records import RULES, a_record, a_round

SUBJECT = SimulatedSubject(SimulatedHost(), lambda run: 1)
QUIET = ContentionLog(SimulatedHost().instruments(), SUBJECT)
STEADY, UNSTEADY = WarmUp(10, is_steady=True), WarmUp(300, is_steady=False)
TIGHT = summarize([1 + index / 1e4 for index in range(30)])
WIDE = summarize([1 + index / 10 for index in range(30)])
RECORD = a_record(a_round(*[1.0] * 30))


def test_a_tight_interval_after_a_steady_warm_up_is_ok() -> None:
    assert judge(TIGHT, RECORD, STEADY, QUIET, RULES) == ("ok", ())


def test_every_reason_is_named() -> None:
    verdict, reasons = judge(WIDE, RECORD, UNSTEADY, QUIET, RULES)
    assert verdict == "noisy"
    assert len(reasons) == 2
    assert "300 warm-up runs" in reasons[1]


def test_too_few_clean_samples_are_unfit_however_tight() -> None:
    few = summarize([1.0] * (RULES.fewest_samples - 1))
    verdict, reasons = judge(few, a_record(a_round(*[1.0] * 90)), STEADY, QUIET, RULES)
    assert verdict == "unfit"
    assert "only 9 of 90 samples were undisturbed" in reasons[0]


def test_a_machine_that_changes_its_speed_is_noisy_and_told_by_how_much() -> None:
    robbed = a_round(*[1.0] * 10, stolen_share=0.31)
    verdict, reasons = judge(TIGHT, a_record(robbed, robbed, a_round(1.0)), STEADY, QUIET, RULES)
    assert verdict == "noisy"
    assert "during 2 of 3 rounds" in reasons[0]
    assert "31.0%" in reasons[0]


def test_a_busy_hardware_thread_beside_the_core_is_noisy() -> None:
    host = SimulatedHost(sibling_load=0.8)
    contention = ContentionLog(host.instruments(), SUBJECT)
    with contention.round():
        host.true_ns += 10 * MS
    verdict, reasons = judge(TIGHT, RECORD, STEADY, contention, RULES)
    assert verdict == "noisy"
    assert "busy 80% of the time" in reasons[0]
