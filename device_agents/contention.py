"""HostCounters: involuntary switches, foreign load, steal time and clock rate, read from this host."""

import os
import resource
import time

from device_agents.host_files import HostFiles
from device_agents.stopwatch.instruments import HostTimes

_BUSY = (0, 1, 2, 5, 6)  # user, nice, system, irq, softirq; guest time is part of user time
_STEAL = 7


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
        self._clock_path = f"sys/devices/system/cpu/cpu{max(cores, default=0)}/cpufreq/scaling_cur_freq"

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
        busy_s = sum(ticks["cpu"][column] for column in _BUSY) * tick_s
        return HostTimes(foreign_s=busy_s - time.process_time(), steal_s=sum(stolen) * tick_s / len(stolen))

    def clock_mhz(self) -> float | None:
        """Return the measuring core's present clock, where the kernel scales it."""
        khz = self._files.number(self._clock_path)
        return None if khz is None else khz / 1000

    def _ticks(self) -> dict[str, list[int]]:
        lines = (line.split() for line in (self._files.text("proc/stat") or "").splitlines())
        return {words[0]: [int(word) for word in words[1:]] for words in lines if words[0].startswith("cpu")}
