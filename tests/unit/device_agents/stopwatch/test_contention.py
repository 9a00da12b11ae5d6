import pytest

from device_agents.stopwatch.contention import ContentionLog
from tests.unit.device_agents.stopwatch.simulation import SimulatedHost


def test_only_the_rounds_count() -> None:
    host = SimulatedHost(read_cost_ns=0, foreign_load=0.5)
    instruments = type(SimulatedHost().instruments())(host, host, SimulatedHost().instruments().timer)
    log = ContentionLog(instruments)
    with log.round():
        host.true_ns += 10_000_000
    host.true_ns += 1_000_000_000
    with log.round():
        host.true_ns += 10_000_000
    assert log.foreign_load == pytest.approx(0.5)


def test_without_a_round_nothing_is_known() -> None:
    log = ContentionLog(SimulatedHost().instruments())
    assert log.foreign_load is None
    assert log.steal_share is None
