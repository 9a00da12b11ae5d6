import pytest

from benchmarks.simulated_hosts import MS, SimulatedHost, SimulatedSubject
from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.stopwatch.instruments import Instruments, TimerFacts
from device_agents.stopwatch.windows import make_window


class OnDevice(SimulatedSubject):
    def time_runs(self, runs: int) -> int:
        self.log += ["device"] * runs
        return runs * MS


class OnFlushingDevice(OnDevice):
    def flush_caches(self) -> None:
        self.log.append("device flush")


def instruments(host: SimulatedHost, subject: SimulatedSubject | None = None) -> Instruments:
    def flush() -> None:
        host.true_ns += 10 * MS
        if subject is not None:
            subject.log.append("flush")

    return Instruments(host, host, TimerFacts(40, 1), flush if subject is not None else None)


def test_hot_runs_share_one_window() -> None:
    host = SimulatedHost(read_cost_ns=40)
    assert make_window(SimulatedSubject(host, lambda run: MS), instruments(host))(5) == 5 * MS + 40


def test_cold_runs_are_timed_one_by_one_behind_a_flush_that_is_not() -> None:
    host = SimulatedHost(read_cost_ns=40)
    subject = SimulatedSubject(host, lambda run: MS)
    assert make_window(subject, instruments(host, subject))(2) == 2 * (MS + 40)
    assert subject.log == ["flush", "subject", "synchronize"] * 2


def test_a_self_timed_subject_is_timed_by_its_device() -> None:
    host = SimulatedHost()
    subject = OnDevice(host, lambda run: 50 * MS)
    assert make_window(subject, instruments(host))(3) == 3 * MS
    assert subject.log == ["device"] * 3


def test_a_device_flushes_its_own_caches() -> None:
    host = SimulatedHost()
    subject = OnFlushingDevice(host, lambda run: MS)
    assert make_window(subject, instruments(host, subject))(2) == 2 * MS
    assert subject.log == ["device flush", "device"] * 2


def test_cold_is_refused_where_nobody_can_flush() -> None:
    host = SimulatedHost()
    subject = OnDevice(host, lambda run: MS)
    with pytest.raises(UnsupportedWorkload, match="cannot be flushed"):
        make_window(subject, instruments(host, subject))
