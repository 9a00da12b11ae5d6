import pytest

from benchmarks.simulated_hosts import SimulatedHost
from device_agents.stopwatch.instruments import SystemClock, examine_timer
from latency_service.contract.errors import LatencyError


def test_the_cost_of_reading_the_clock_is_measured() -> None:
    facts = examine_timer(SimulatedHost(read_cost_ns=70))
    assert facts.cost_ns == 70
    assert facts.resolution_ns == 70


def test_a_reading_during_which_the_cpu_was_taken_away_does_not_make_the_clock_look_slow() -> None:
    host = SimulatedHost(read_cost_ns=70)

    class Preempted(SimulatedHost):
        def now_ns(self) -> int:
            host.true_ns += 4_000_000 if host.true_ns == 70 * 100 else 0
            return host.now_ns()

    assert examine_timer(Preempted()).cost_ns == 70


def test_a_coarse_clock_shows_its_step() -> None:
    facts = examine_timer(SimulatedHost(read_cost_ns=50, resolution_ns=100_000))
    assert facts.resolution_ns == 100_000


def test_the_hosts_own_clock_moves() -> None:
    facts = examine_timer(SystemClock())
    assert facts.cost_ns > 0
    assert facts.resolution_ns >= 1


def test_a_step_of_many_milliseconds_is_seen_too() -> None:
    assert examine_timer(SimulatedHost(read_cost_ns=1000, resolution_ns=15_600_000)).resolution_ns == 15_600_000


def test_a_clock_that_stands_still_times_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device_agents.stopwatch.instruments._MOST_READS", 1000)
    with pytest.raises(LatencyError, match="did not move"):
        examine_timer(SimulatedHost(read_cost_ns=0))
