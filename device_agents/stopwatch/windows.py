"""Timed windows: what lies between the two readings of the clock and by whose clock; and what flushes caches before."""

from collections.abc import Callable

from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.stopwatch.instruments import Instruments
from device_agents.stopwatch.subject import SelfFlushing, SelfTimed, Subject

#: Runs so many times and returns the nanoseconds of all of them together.
Window = Callable[[int], int]


def make_window(subject: Subject, instruments: Instruments) -> Window:
    """Return how the subject is timed: by its device's clock where it has one, else by the host's."""
    return subject.time_runs if isinstance(subject, SelfTimed) else _by_host_clock(subject, instruments)


def make_flush(subject: Subject, instruments: Instruments) -> Callable[[], None] | None:
    """Return what drives the subject's data out of the caches, or None where they are to be hot.

    Raises:
        UnsupportedWorkload: Cold caches are asked for on a device whose caches nobody here can flush.
    """
    if instruments.flush_caches is None:
        return None
    if isinstance(subject, SelfFlushing):
        return subject.flush_caches
    if isinstance(subject, SelfTimed):
        raise UnsupportedWorkload("the caches of this device cannot be flushed; ask for hot caches")
    return instruments.flush_caches


def _by_host_clock(subject: Subject, instruments: Instruments) -> Window:
    run, synchronize, now_ns = subject.run, subject.synchronize, instruments.clock.now_ns

    def window(runs: int) -> int:
        start = now_ns()
        for _ in range(runs):
            run()
        synchronize()
        return now_ns() - start

    return window
