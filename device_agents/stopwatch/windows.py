"""Timed windows: what lies between the two readings of the clock, by whose clock, and with which caches."""

from collections.abc import Callable

from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.stopwatch.instruments import Instruments
from device_agents.stopwatch.subject import SelfFlushing, SelfTimed, Subject

#: Runs so many times and returns the nanoseconds of all of them together.
Window = Callable[[int], int]


def make_window(subject: Subject, instruments: Instruments) -> Window:
    """Return how the subject is timed.

    With hot caches many runs share a window. With cold ones each has a window of its own, and the caches are flushed
    before it: the cost of reading the clock is then a larger share, which the series states.

    Raises:
        UnsupportedWorkload: Cold caches are asked for on a device whose caches nobody here can flush.
    """
    shared: Window = subject.time_runs if isinstance(subject, SelfTimed) else _by_host_clock(subject, instruments)
    if instruments.flush_caches is None:
        return shared
    if isinstance(subject, SelfFlushing):
        return _each_alone(shared, subject.flush_caches)
    if isinstance(subject, SelfTimed):
        raise UnsupportedWorkload("the caches of this device cannot be flushed; ask for hot caches")
    return _each_alone(shared, instruments.flush_caches)


def _by_host_clock(subject: Subject, instruments: Instruments) -> Window:
    run, synchronize, now_ns = subject.run, subject.synchronize, instruments.clock.now_ns

    def window(runs: int) -> int:
        start = now_ns()
        for _ in range(runs):
            run()
        synchronize()
        return now_ns() - start

    return window


def _each_alone(shared: Window, flush_caches: Callable[[], None]) -> Window:
    def window(runs: int) -> int:
        total_ns = 0
        for _ in range(runs):
            flush_caches()
            total_ns += shared(1)
        return total_ns

    return window
