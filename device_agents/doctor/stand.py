"""Stand: how the agent stands on its host."""

from dataclasses import dataclass

from device_agents.host.files import HostFiles
from device_agents.host.nvidia import Nvml


@dataclass(frozen=True)
class Stand:
    """What the checks look at.

    Attributes:
        files: Where the host's files are read.
        cores: The cores that would be measured on; empty where the host cannot pin.
        allowed: The cores that this process may run on; empty where the host cannot pin.
        pinning_error: Why the kernel refused to pin this process, if it did.
        gpu_driver: The driver of the host's NVIDIA GPUs; None where there is none.
    """

    files: HostFiles
    cores: tuple[int, ...]
    allowed: tuple[int, ...]
    pinning_error: str | None = None
    gpu_driver: Nvml | None = None

    @property
    def core(self) -> int:
        """The core of one-threaded jobs."""
        return max(self.cores, default=0)
