import pytest

from device_agents.stopwatch.inner_loop import calibrate, shortest_sample_ns
from device_agents.stopwatch.instruments import TimerFacts
from device_agents.stopwatch.rules import TimingRules
from tests.unit.device_agents.stopwatch.simulation import MS, SimulatedHost, SimulatedSubject

RULES = TimingRules()


@pytest.mark.parametrize("run_ns", [50, 3_000, 20_000, 500_000])
def test_a_sample_of_a_small_op_lasts_a_millisecond_and_not_much_more(run_ns: int) -> None:
    host = SimulatedHost()
    loops = calibrate(SimulatedSubject(host, lambda run: run_ns), RULES, host.instruments())
    assert MS <= loops * run_ns + host.read_cost_ns <= 2 * MS


def test_a_long_op_is_run_once_a_sample() -> None:
    host = SimulatedHost()
    assert calibrate(SimulatedSubject(host, lambda run: 5 * MS), RULES, host.instruments()) == 1


def test_a_slow_timer_makes_samples_longer() -> None:
    assert shortest_sample_ns(TimerFacts(cost_ns=500, resolution_ns=500), RULES) == 5 * MS


def test_a_coarse_timer_makes_samples_longer_still() -> None:
    host = SimulatedHost(resolution_ns=100_000)
    loops = calibrate(SimulatedSubject(host, lambda run: 20_000), RULES, host.instruments())
    assert loops * 20_000 >= 100 * MS


def test_a_preempted_sample_does_not_pass_for_a_long_one() -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: 1_000, preempted_ns=lambda run: 8 * MS if run == 0 else 0)
    assert calibrate(subject, RULES, host.instruments()) >= 1000
