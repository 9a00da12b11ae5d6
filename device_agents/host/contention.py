"""HostCounters: involuntary switches, foreign load, steal time, clock rate and temperature, read from this host."""

import os
import resource
import time

from device_agents.environment.topology import siblings
from device_agents.host.core_lists import parse_core_list
from device_agents.host.files import HostFiles
from device_agents.stopwatch.instruments import HostTimes
from device_agents.stopwatch.subject import Readings

_BUSY = (0, 1, 2, 5, 6)  # user, nice, system, irq, softirq; guest time is part of user time
_STEAL = 7
#: Parts of the types that kernels give to the thermal zones of processors; the first that fits is read.
_CPU_ZONES = ("x86_pkg_temp", "cpu", "soc", "core")
_ZONES = "sys/class/thermal"


class HostCounters:
    """The counters of a Linux host; elsewhere those that there are.

    Args:
        files: Where `/proc` and `/sys` are read.
        cores: The cores that this process measures on; empty where it is not pinned.
    """

    def __init__(self, files: HostFiles, cores: tuple[int, ...]) -> None:
        self._files = files
        self._cores = cores
        self._stolen_from = {f"cpu{core}" for core in cores} or {"cpu"}
        threads = {thread for core in cores for thread in parse_core_list(siblings(files, core))}
        self._siblings = {f"cpu{thread}" for thread in threads - set(cores)}
        self._clock_path = f"sys/devices/system/cpu/cpu{max(cores, default=0)}/cpufreq/scaling_cur_freq"
        self._temperature_path = _find_temperature(files)

    def involuntary_switches(self) -> int:
        """Return how often the kernel has taken the CPU from any thread of this process."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw

    def off_cpu_ns(self) -> int | None:
        """Return for how long this thread has not run; None on several cores, whose threads wait for each other."""
        return None if len(self._cores) != 1 else time.perf_counter_ns() - time.thread_time_ns()

    def host_times(self) -> HostTimes | None:
        """Return what others and the hypervisor took so far; in steps of the kernel's tick, often 10 ms."""
        ticks = self._ticks()
        stolen = [ticks[name][_STEAL] for name in self._stolen_from if len(ticks.get(name, ())) > _STEAL]
        if "cpu" not in ticks or not stolen:
            return None
        tick_s = 1 / os.sysconf("SC_CLK_TCK")
        beside = [_busy(ticks[name]) for name in self._siblings if name in ticks]
        return HostTimes(
            foreign_s=_busy(ticks["cpu"]) * tick_s - time.process_time(),
            steal_s=sum(stolen) * tick_s / len(stolen),
            sibling_s=sum(beside) * tick_s / len(beside) if beside else None,
        )

    def readings(self) -> Readings:
        """Return the measuring core's present clock and the processor's temperature, where the kernel shows them."""
        khz = self._files.number(self._clock_path)
        millidegrees = None if self._temperature_path is None else self._files.number(self._temperature_path)
        return Readings(
            clock_mhz=None if khz is None else khz / 1000,
            temperature_c=None if millidegrees is None else millidegrees / 1000,
        )

    def _ticks(self) -> dict[str, list[int]]:
        lines = (line.split() for line in (self._files.text("proc/stat") or "").splitlines())
        return {words[0]: [int(word) for word in words[1:]] for words in lines if words[0].startswith("cpu")}


def _busy(ticks: list[int]) -> int:
    return sum(ticks[column] for column in _BUSY)


def _find_temperature(files: HostFiles) -> str | None:
    """Return the file of the processor's thermal zone, where the kernel has one."""
    kinds = {zone: (files.text(f"{zone}/type") or "").lower() for zone in files.listing(f"{_ZONES}/thermal_zone*")}
    fitting = (f"{zone}/temp" for part in _CPU_ZONES for zone, kind in kinds.items() if part in kind)
    return next(fitting, None)
