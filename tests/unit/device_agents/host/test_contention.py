import os
import select
from pathlib import Path

import pytest

from device_agents.host.contention import HostCounters
from device_agents.host.files import HostFiles
from device_agents.stopwatch.subject import Readings

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def host(tmp_path: Path, stat: str | None) -> HostFiles:
    (tmp_path / "proc").mkdir(exist_ok=True)
    if stat is not None:
        (tmp_path / "proc" / "stat").write_text(stat)
    return HostFiles(tmp_path)


def stat(user: int, steal_of_core_1: int) -> str:
    cores = f"cpu0 1 0 0 0 0 0 0 70 0 0\ncpu1 1 0 0 0 0 0 0 {steal_of_core_1} 0 0\n"
    return f"cpu  {user} 0 0 50 0 0 0 70 0 0\n{cores}intr 5\n"


def test_foreign_time_is_all_cores_and_steal_that_of_the_measuring_cores(tmp_path: Path) -> None:
    counters = HostCounters(host(tmp_path, stat(user=1000, steal_of_core_1=0)), cores=(1,))
    before = counters.host_times()
    host(tmp_path, stat(user=1500, steal_of_core_1=20))
    after = counters.host_times()
    assert before is not None
    assert after is not None
    assert after.foreign_s - before.foreign_s == pytest.approx(500 * TICK_S, abs=0.2)
    assert after.steal_s - before.steal_s == pytest.approx(20 * TICK_S)


def test_this_processs_own_time_is_not_foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counters = HostCounters(host(tmp_path, stat(user=1000, steal_of_core_1=0)), cores=())
    monkeypatch.setattr("time.process_time", lambda: 4.0)
    times = counters.host_times()
    assert times is not None
    assert times.foreign_s == pytest.approx(1000 * TICK_S - 4.0)


def test_a_host_without_these_files_shows_nothing(tmp_path: Path) -> None:
    counters = HostCounters(host(tmp_path, None), cores=(0,))
    assert counters.host_times() is None
    assert counters.readings() == Readings()


def test_the_clock_is_that_of_the_measuring_core(tmp_path: Path) -> None:
    folder = tmp_path / "sys/devices/system/cpu/cpu3/cpufreq"
    folder.mkdir(parents=True)
    (folder / "scaling_cur_freq").write_text("1800000\n")
    assert HostCounters(HostFiles(tmp_path), cores=(2, 3)).readings().clock_mhz == 1800.0


def test_involuntary_switches_only_grow() -> None:
    counters = HostCounters(HostFiles(), cores=())
    first = counters.involuntary_switches()
    assert counters.involuntary_switches() >= first >= 0


def test_time_off_the_cpu_is_what_this_thread_did_not_run() -> None:
    counters = HostCounters(HostFiles(), cores=(0,))
    before, slept_ns = counters.off_cpu_ns(), 20_000_000
    select.select([], [], [], slept_ns / 1e9)
    after = counters.off_cpu_ns()
    assert before is not None
    assert after is not None
    assert after - before >= 0.9 * slept_ns


def test_time_off_the_cpu_is_not_told_for_several_cores_or_none() -> None:
    assert HostCounters(HostFiles(), cores=(0, 1)).off_cpu_ns() is None
    assert HostCounters(HostFiles(), cores=()).off_cpu_ns() is None


def test_the_temperature_is_that_of_the_processors_zone(tmp_path: Path) -> None:
    for number, (kind, millidegrees) in enumerate((("acpitz", 20000), ("x86_pkg_temp", 48500))):
        zone = tmp_path / f"sys/class/thermal/thermal_zone{number}"
        zone.mkdir(parents=True)
        (zone / "type").write_text(f"{kind}\n")
        (zone / "temp").write_text(f"{millidegrees}\n")
    assert HostCounters(HostFiles(tmp_path), cores=(0,)).readings().temperature_c == 48.5


def test_the_load_beside_is_that_of_the_cores_other_hardware_threads(tmp_path: Path) -> None:
    files = host(tmp_path, stat(user=1000, steal_of_core_1=0))
    alone = HostCounters(files, cores=(1,)).host_times()
    assert alone is not None
    assert alone.sibling_s is None
    topology = tmp_path / "sys/devices/system/cpu/cpu1/topology"
    topology.mkdir(parents=True)
    (topology / "thread_siblings_list").write_text("0-1\n")
    times = HostCounters(files, cores=(1,)).host_times()
    assert times is not None
    assert times.sibling_s == pytest.approx(TICK_S)
