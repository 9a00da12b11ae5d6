import pytest

from benchmarks.simulated_hosts import MS, SimulatedHost, SimulatedSubject
from device_agents.stopwatch.contention import ContentionLog
from device_agents.stopwatch.instruments import TimerFacts
from device_agents.stopwatch.subject import Readings

SUBJECT = SimulatedSubject(SimulatedHost(), lambda run: 1)


def test_only_the_rounds_count() -> None:
    host = SimulatedHost(read_cost_ns=0, foreign_load=0.5)
    instruments = type(SimulatedHost().instruments())(host, host, SimulatedHost().instruments().timer)
    log = ContentionLog(instruments, SUBJECT)
    with log.round():
        host.true_ns += 10_000_000
    host.true_ns += 1_000_000_000
    with log.round():
        host.true_ns += 10_000_000
    assert log.foreign_load == pytest.approx(0.5)


def test_without_a_round_nothing_is_known() -> None:
    log = ContentionLog(SimulatedHost().instruments(), SUBJECT)
    assert log.foreign_load is None
    assert log.steal_share is None


def test_the_hypervisors_share_of_the_last_round_is_told() -> None:
    host = SimulatedHost(read_cost_ns=0, timer=TimerFacts(1, 1))
    log = ContentionLog(host.instruments(), SUBJECT)
    for stolen_ns in (0, 10 * MS):
        with log.round():
            host.true_ns += 20 * MS
            host.stolen_ns += stolen_ns
    assert log.last_stolen_share == pytest.approx(0.5)
    assert log.steal_share == pytest.approx(0.25)


def test_the_load_of_the_other_hardware_thread_is_told_where_there_is_one() -> None:
    host = SimulatedHost(sibling_load=0.6)
    log = ContentionLog(host.instruments(), SUBJECT)
    with log.round():
        host.true_ns += 20 * MS
    assert log.sibling_load == pytest.approx(0.6, rel=1e-3)
    host.sibling_load = None
    assert ContentionLog(host.instruments(), SUBJECT).sibling_load is None


def test_a_device_that_reports_itself_is_asked_instead_of_the_host() -> None:
    class Reporting(SimulatedSubject):
        def readings(self) -> Readings:
            return Readings(clock_mhz=1410.0, power_w=250.0)

    host = SimulatedHost(mhz=3000.0, celsius=50.0)
    of_device = ContentionLog(host.instruments(), Reporting(host, lambda run: 1))
    of_host = ContentionLog(host.instruments(), SUBJECT)
    for log in (of_device, of_host):
        with log.round():
            host.true_ns += MS
    assert (of_device.shown("clock_mhz"), of_device.shown("temperature_c")) == ((1410.0, 1410.0), ())
    assert of_device.shown("power_w") == (250.0, 250.0)
    assert (of_host.shown("clock_mhz"), of_host.shown("temperature_c")) == ((3000.0, 3000.0), (50.0, 50.0))


def test_the_hosts_counters_say_nothing_of_a_device_with_a_clock_of_its_own() -> None:
    class Phone(SimulatedSubject):
        def time_runs(self, runs: int) -> int:
            return runs

    host = SimulatedHost(foreign_load=1.0, steal_share=0.5)
    log = ContentionLog(host.instruments(), Phone(host, lambda run: 1))
    with log.round():
        host.true_ns += 20 * MS
    assert (log.foreign_load, log.steal_share, log.last_stolen_share) == (None, None, 0.0)
