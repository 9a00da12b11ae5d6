import pytest

from benchmarks.simulated_hosts import MS, SimulatedHost, SimulatedSubject
from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.stopwatch.instruments import Instruments, TimerFacts
from device_agents.stopwatch.windows import make_flush, make_window


class OnDevice(SimulatedSubject):
    def time_runs(self, runs: int) -> int:
        self.log += ["device"] * runs
        return runs * MS


class OnFlushingDevice(OnDevice):
    def flush_caches(self) -> None:
        self.log.append("device flush")


def flush() -> None:
    """Stand for the host's own flush."""


def instruments(host: SimulatedHost, is_cold: bool = False) -> Instruments:
    return Instruments(host, host, TimerFacts(40, 1), flush if is_cold else None)


def test_hot_runs_share_one_window() -> None:
    host = SimulatedHost(read_cost_ns=40)
    assert make_window(SimulatedSubject(host, lambda run: MS), instruments(host))(5) == 5 * MS + 40


def test_a_self_timed_subject_is_timed_by_its_device() -> None:
    host = SimulatedHost()
    subject = OnDevice(host, lambda run: 50 * MS)
    assert make_window(subject, instruments(host))(3) == 3 * MS
    assert subject.log == ["device"] * 3


def test_nothing_is_flushed_where_caches_are_to_be_hot() -> None:
    host = SimulatedHost()
    assert make_flush(OnFlushingDevice(host, lambda run: MS), instruments(host)) is None


def test_a_device_flushes_its_own_caches() -> None:
    host = SimulatedHost()
    subject = OnFlushingDevice(host, lambda run: MS)
    assert make_flush(subject, instruments(host, is_cold=True)) == subject.flush_caches
    assert make_flush(SimulatedSubject(host, lambda run: MS), instruments(host, is_cold=True)) is flush


def test_cold_is_refused_where_nobody_can_flush() -> None:
    host = SimulatedHost()
    with pytest.raises(UnsupportedWorkload, match="cannot be flushed"):
        make_flush(OnDevice(host, lambda run: MS), instruments(host, is_cold=True))
