"""ContentionLog: what else went on during a series' rounds."""

from collections.abc import Iterator
from contextlib import contextmanager

from device_agents.stopwatch.instruments import HostTimes, Instruments


class ContentionLog:
    """Sums the host's counters over the rounds of one series, and over nothing else."""

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments
        self._rounds_s = 0.0
        self._foreign_s = 0.0
        self._steal_s = 0.0
        self._is_known = False
        self._clock_mhz: list[float] = []

    @contextmanager
    def round(self) -> Iterator[None]:
        """Read the counters before and after one round."""
        self._read_clock_rate()
        before, start = self._instruments.counters.host_times(), self._instruments.clock.now_ns()
        yield
        self._rounds_s += (self._instruments.clock.now_ns() - start) / 1e9
        self._add(before, self._instruments.counters.host_times())
        self._read_clock_rate()

    @property
    def foreign_load(self) -> float | None:
        """CPU time that others took, in cores, or None where the host does not show it."""
        return max(0.0, self._foreign_s / self._rounds_s) if self._is_known and self._rounds_s else None

    @property
    def steal_share(self) -> float | None:
        """Share of time that the hypervisor kept, or None where the host does not show it."""
        return max(0.0, self._steal_s / self._rounds_s) if self._is_known and self._rounds_s else None

    @property
    def clock_mhz(self) -> tuple[float, ...]:
        """The core's clock before and after each round; empty where the host does not show it."""
        return tuple(self._clock_mhz)

    def _add(self, before: HostTimes | None, after: HostTimes | None) -> None:
        if before is None or after is None:
            return
        self._is_known = True
        self._foreign_s += after.foreign_s - before.foreign_s
        self._steal_s += after.steal_s - before.steal_s

    def _read_clock_rate(self) -> None:
        rate = self._instruments.counters.clock_mhz()
        if rate is not None:
            self._clock_mhz.append(rate)
