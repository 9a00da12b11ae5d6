import pytest

from benchmarks.simulated_hosts import MS, SimulatedHost, SimulatedSubject
from device_agents.stopwatch.inner_loop import calibrate, shortest_sample_ns
from device_agents.stopwatch.instruments import Instruments, TimerFacts
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.sample import Sampler

RULES = TimingRules()


def loops_of(subject: SimulatedSubject, instruments: Instruments | None = None) -> int:
    instruments = instruments or subject.host.instruments()
    return calibrate(Sampler(subject, instruments), RULES, instruments)


def shortest_ns(timer: TimerFacts, is_cold: bool = False) -> float:
    host = SimulatedHost()
    instruments = Instruments(host, host, timer, (lambda: None) if is_cold else None)
    return shortest_sample_ns(Sampler(SimulatedSubject(host, lambda run: 1), instruments), RULES, instruments)


@pytest.mark.parametrize("run_ns", [50, 3_000, 20_000, 500_000])
def test_a_sample_of_a_small_op_lasts_a_millisecond_and_not_much_more(run_ns: int) -> None:
    host = SimulatedHost()
    loops = loops_of(SimulatedSubject(host, lambda run: run_ns))
    assert MS <= loops * run_ns + host.read_cost_ns <= 2 * MS


def test_a_long_op_is_run_once_a_sample() -> None:
    host = SimulatedHost()
    assert loops_of(SimulatedSubject(host, lambda run: 5 * MS)) == 1


def test_a_slow_timer_makes_samples_longer() -> None:
    assert shortest_ns(TimerFacts(cost_ns=500, resolution_ns=500)) == 5 * MS


def test_a_coarse_timer_makes_samples_longer_still() -> None:
    host = SimulatedHost(resolution_ns=100_000)
    loops = loops_of(SimulatedSubject(host, lambda run: 20_000))
    assert loops * 20_000 >= 100 * MS


def test_a_preempted_sample_does_not_pass_for_a_long_one() -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: 1_000, preempted_ns=lambda run: 8 * MS if run == 0 else 0)
    assert loops_of(subject) >= 1000


def test_a_clock_too_coarse_to_vanish_does_not_make_samples_last_for_ever() -> None:
    assert shortest_ns(TimerFacts(cost_ns=50, resolution_ns=15_600_000)) == RULES.max_sample_ms * MS


def test_cold_runs_are_not_added_up_to_hide_the_cost_of_reading_the_clock() -> None:
    assert shortest_ns(TimerFacts(cost_ns=5_000, resolution_ns=1), is_cold=True) == 1 / RULES.max_resolution_share


def test_a_devices_own_clock_needs_no_longer_sample_because_the_hosts_is_coarse() -> None:
    class OnDevice(SimulatedSubject):
        def time_runs(self, runs: int) -> int:
            return runs * MS

    host = SimulatedHost(resolution_ns=100_000)
    assert loops_of(OnDevice(host, lambda run: MS)) == 1
