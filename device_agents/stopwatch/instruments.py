"""Instruments: the clock and the contention counters that the stopwatch reads, and what reading the clock costs."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Protocol

from device_agents.stopwatch.subject import Readings
from latency_service.contract.errors import LatencyError

_READS = 201
_MOST_READS = 2_000_000  # some tenths of a second: no clock in use is coarser


class Clock(Protocol):
    """Tells time twice: a monotonic one to measure with, and the calendar's to say when that was."""

    def now_ns(self) -> int:
        """Return monotonic nanoseconds."""

    def now_utc(self) -> datetime:
        """Return the date and time, aware of its zone."""


class SystemClock:
    """The host's own clock."""

    def now_ns(self) -> int:
        """Return monotonic nanoseconds."""
        return time.perf_counter_ns()

    def now_utc(self) -> datetime:
        """Return the date and time in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class HostTimes:
    """CPU seconds, ever growing.

    Attributes:
        foreign_s: What other processes took, over all cores.
        steal_s: What the hypervisor kept from the measuring cores, their mean.
        sibling_s: What the measuring cores' other hardware threads were busy, their mean; None where there are none.
    """

    foreign_s: float
    steal_s: float
    sibling_s: float | None = None


class Counters(Protocol):
    """What else went on: read around samples (cheap) and around rounds."""

    def involuntary_switches(self) -> int:
        """Return how often the kernel has taken the CPU from this process; microseconds to read."""

    def off_cpu_ns(self) -> int | None:
        """Return for how long the measuring thread has not run, ever growing; None where other threads work with it."""

    def host_times(self) -> HostTimes | None:
        """Return the host's CPU times, or None where it does not show them."""

    def readings(self) -> Readings:
        """Return the measuring core's clock and temperature, as far as the host shows them."""


@dataclass(frozen=True)
class TimerFacts:
    """What one reading of the clock costs, and the smallest step that it shows."""

    cost_ns: float
    resolution_ns: int


@dataclass(frozen=True)
class Instruments:
    """All that the stopwatch uses.

    Attributes:
        flush_caches: Drives all data out of the host's caches, and makes the session one of cold caches; None: hot.
    """

    clock: Clock
    counters: Counters
    timer: TimerFacts
    flush_caches: Callable[[], None] | None = None

    @property
    def is_cold(self) -> bool:
        """Say whether caches are flushed before every run."""
        return self.flush_caches is not None


def make_instruments(clock: Clock, counters: Counters, flush_caches: Callable[[], None] | None = None) -> Instruments:
    """Return the instruments, the clock's own cost measured."""
    return Instruments(clock, counters, examine_timer(clock), flush_caches)


def examine_timer(clock: Clock) -> TimerFacts:
    """Measure the clock: read it until enough readings have been made and it has moved at least once.

    Nothing but the reading itself is done in between, and a reading during which the CPU was taken away counts no more
    than another: a cost taken for thrice what it is makes samples of small ops thrice as long.

    Raises:
        LatencyError: It did not move.
    """
    readings = [clock.now_ns() for _ in range(_READS)]
    while readings[-1] == readings[0]:
        if len(readings) >= _MOST_READS:
            raise LatencyError(
                f"the clock did not move while it was read {len(readings)} times; nothing can be timed with it"
            )
        readings.append(clock.now_ns())
    steps = [after - before for before, after in pairwise(readings)]
    return TimerFacts(
        cost_ns=statistics.median(steps) or (readings[-1] - readings[0]) / len(steps),
        resolution_ns=min(filter(None, steps)),
    )
