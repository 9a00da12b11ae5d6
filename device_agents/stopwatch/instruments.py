"""Instruments: the clock and the contention counters that the stopwatch reads, and what reading the clock costs."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

_READS = 200
_MOST_READS = 200_000


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
    """

    foreign_s: float
    steal_s: float


class Counters(Protocol):
    """What else went on: read around samples (cheap) and around rounds."""

    def involuntary_switches(self) -> int:
        """Return how often the kernel has taken the CPU from this process; microseconds to read."""

    def off_cpu_ns(self) -> int | None:
        """Return for how long the measuring thread has not run, ever growing; None where other threads work with it."""

    def host_times(self) -> HostTimes | None:
        """Return the host's CPU times, or None where it does not show them."""

    def clock_mhz(self) -> float | None:
        """Return the measuring core's clock, or None where the host does not show it."""


@dataclass(frozen=True)
class TimerFacts:
    """What one reading of the clock costs, and the smallest step that it shows."""

    cost_ns: float
    resolution_ns: int


@dataclass(frozen=True)
class Instruments:
    """All that the stopwatch reads."""

    clock: Clock
    counters: Counters
    timer: TimerFacts


def make_instruments(clock: Clock, counters: Counters) -> Instruments:
    """Return the instruments, the clock's own cost measured."""
    return Instruments(clock, counters, examine_timer(clock))


def examine_timer(clock: Clock) -> TimerFacts:
    """Measure the clock: read it until enough readings have been made and it has moved at least once."""
    start = previous = clock.now_ns()
    resolution, reads = 0, 0
    while reads < _READS or (resolution == 0 and reads < _MOST_READS):
        reading = clock.now_ns()
        reads += 1
        step = reading - previous
        if step > 0:
            resolution = min(resolution or step, step)
        previous = reading
    return TimerFacts(cost_ns=(previous - start) / reads, resolution_ns=max(1, resolution))
