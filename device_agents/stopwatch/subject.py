"""Subject: a loaded workload as the stopwatch sees it; and what some subjects can do beyond that.

A capability is a Protocol of its own that the stopwatch asks for by `isinstance`.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from latency_service.contract.device import Fact


class Subject(Protocol):
    """What is measured: a loaded workload, as far as the stopwatch sees it."""

    @property
    def facts(self) -> dict[str, Fact]:
        """What the runtime really did."""

    def next_input(self) -> None:
        """Make another of the random inputs current; never inside the timed window."""

    def run(self) -> None:
        """Run once; may return before an accelerator is done."""

    def synchronize(self) -> None:
        """Return once everything that `run` started has ended."""


@runtime_checkable
class SelfTimed(Protocol):
    """A subject whose device brings a clock of its own: a GPU's events, a phone's own benchmark."""

    def time_runs(self, runs: int) -> int:
        """Run so many times on the current input; return the nanoseconds of all of them by the device's clock."""


@runtime_checkable
class HostPaced(Protocol):
    """A self-timed subject that may wait for the host between kernels: what preempts the host then lengthens it."""

    @property
    def is_host_paced(self) -> bool:
        """Say whether the host starts kernel after kernel within the timed window."""


@runtime_checkable
class SelfFlushing(Protocol):
    """A subject whose caches are not those of the host's CPU."""

    def flush_caches(self) -> None:
        """Drive the subject's data out of the device's caches; never inside the timed window."""


@dataclass(frozen=True)
class Readings:
    """What a device says of itself at one moment; None is what it does not show."""

    clock_mhz: float | None = None
    temperature_c: float | None = None
    power_w: float | None = None


@runtime_checkable
class SelfReporting(Protocol):
    """A subject whose device has a clock rate, temperature and power of its own."""

    def readings(self) -> Readings:
        """Return what the device shows now; called before and after each round."""


def is_immune(subject: Subject) -> bool:
    """Say whether what happens to the host's CPU is nothing to the device that runs."""
    return isinstance(subject, SelfTimed) and not (isinstance(subject, HostPaced) and subject.is_host_paced)
