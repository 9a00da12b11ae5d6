"""CudaDriver: what measuring on a GPU needs of CUDA, so that it can be tested where there is none."""

from collections.abc import Callable
from typing import Any, Protocol

from latency_service.contract.device import Fact


class CudaEvent(Protocol):
    """A moment in the order of the GPU's work."""

    def record(self) -> None:
        """Put the event behind all work given to the GPU so far."""

    def synchronize(self) -> None:
        """Return once the GPU has passed the event."""

    def elapsed_time(self, end_event: Any) -> float:
        """Return milliseconds from this event to another; the GPU must have passed both."""


class CudaGraph(Protocol):
    """Work that was captured: the same kernels on the same addresses, started as one."""

    def replay(self) -> None:
        """Start it again."""


class CudaDriver(Protocol):
    """One GPU, by the current stream of this process."""

    @property
    def device(self) -> str:
        """Its name in torch."""

    @property
    def uuid(self) -> str:
        """Its UUID as NVML spells it."""

    @property
    def facts(self) -> dict[str, Fact]:
        """The GPU, the libraries and their settings."""

    def event(self) -> CudaEvent:
        """Return a new event that takes the time."""

    def capture(self, work: Callable[[], object]) -> CudaGraph:
        """Return work as a graph; it was run a few times before, on a stream of its own.

        The work may neither wait for the GPU nor allocate other than by torch.
        """

    def synchronize(self) -> None:
        """Return once the GPU has done all that it was given; raises what went wrong there."""

    def occupy(self) -> None:
        """Keep the GPU busy for a moment, with nothing, so that the host can queue work up behind it."""

    def flush_l2(self) -> None:
        """Overwrite the GPU's L2 cache."""

    def release_memory(self) -> None:
        """Give memory that no tensor holds any more back to the GPU."""
