"""ContentionLog: what else went on during a series' rounds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from device_agents.stopwatch.instruments import HostTimes, Instruments
from device_agents.stopwatch.subject import Readings, SelfReporting, Subject, is_immune

_NOTHING = HostTimes(foreign_s=0.0, steal_s=0.0)


class ContentionLog:
    """Sums the host's counters over the rounds of one series, and over nothing else; keeps what the device shows.

    Of a subject that is immune to them, the host's counters are not read: they say nothing of a phone or a GPU.

    Attributes:
        last_stolen_share: Share of the last round that the hypervisor kept; 0 where the host does not show it.
    """

    def __init__(self, instruments: Instruments, subject: Subject) -> None:
        self.last_stolen_share = 0.0
        self._readings: list[Readings] = []
        self._clock = instruments.clock
        self._host_times = _unknown if is_immune(subject) else instruments.counters.host_times
        self._readings_now = subject.readings if isinstance(subject, SelfReporting) else instruments.counters.readings
        self._rounds_s = 0.0
        self._sum: HostTimes | None = None

    @contextmanager
    def round(self) -> Iterator[None]:
        """Read the counters before and after one round."""
        self._readings.append(self._readings_now())
        before, start = self._host_times(), self._clock.now_ns()
        yield
        round_s = (self._clock.now_ns() - start) / 1e9
        self._add(before, self._host_times(), round_s)
        self._readings.append(self._readings_now())

    @property
    def foreign_load(self) -> float | None:
        """CPU time that others took, in cores, or None where the host does not show it."""
        return None if self._sum is None else self._share(self._sum.foreign_s)

    @property
    def steal_share(self) -> float | None:
        """Share of time that the hypervisor kept, or None where the host does not show it."""
        return None if self._sum is None else self._share(self._sum.steal_s)

    @property
    def sibling_load(self) -> float | None:
        """Share of time that the other hardware threads of the measuring cores were busy; None where none are shown."""
        return None if self._sum is None or self._sum.sibling_s is None else self._share(self._sum.sibling_s)

    def shown(self, quantity: Literal["clock_mhz", "temperature_c", "power_w"]) -> tuple[float, ...]:
        """Return one quantity before and after each round; empty where it is not shown."""
        values = (getattr(readings, quantity) for readings in self._readings)
        return tuple(value for value in values if value is not None)

    def _share(self, seconds: float) -> float:
        return max(0.0, seconds / self._rounds_s)

    def _add(self, before: HostTimes | None, after: HostTimes | None, round_s: float) -> None:
        if before is None or after is None or round_s <= 0:
            return
        so_far = self._sum or _NOTHING
        stolen_s = after.steal_s - before.steal_s
        sibling_s = None
        if before.sibling_s is not None and after.sibling_s is not None:
            sibling_s = (so_far.sibling_s or 0.0) + after.sibling_s - before.sibling_s
        self._sum = HostTimes(
            so_far.foreign_s + after.foreign_s - before.foreign_s, so_far.steal_s + stolen_s, sibling_s
        )
        self._rounds_s += round_s
        self.last_stolen_share = max(0.0, stolen_s / round_s)


def _unknown() -> None:
    return None
