from device_agents.stopwatch.instruments import SystemClock, examine_timer
from tests.unit.device_agents.stopwatch.simulation import SimulatedHost


def test_the_cost_of_reading_the_clock_is_measured() -> None:
    facts = examine_timer(SimulatedHost(read_cost_ns=70))
    assert facts.cost_ns == 70
    assert facts.resolution_ns == 70


def test_a_coarse_clock_shows_its_step() -> None:
    facts = examine_timer(SimulatedHost(read_cost_ns=50, resolution_ns=100_000))
    assert facts.resolution_ns == 100_000


def test_the_hosts_own_clock_moves() -> None:
    facts = examine_timer(SystemClock())
    assert facts.cost_ns > 0
    assert facts.resolution_ns >= 1
