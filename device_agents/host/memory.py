"""Memory: how much a process may still take, of the host's and of what its cgroups allow."""

import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from device_agents.environment.limits import memory_left_bytes, memory_limit_bytes
from device_agents.host.files import HostFiles


@dataclass(frozen=True)
class Memory:
    """What there is for this process.

    Attributes:
        total_bytes: Of the host, or the tightest limit of the cgroups around this process.
        available_bytes: What is left of it; what the kernel can take back counts as left.
    """

    total_bytes: int
    available_bytes: int

    @property
    def free_share(self) -> float:
        """Which share is left."""
        return self.available_bytes / self.total_bytes


def read_memory(files: HostFiles) -> Memory:
    """Return what there is now."""
    host = psutil.virtual_memory()
    limit, left = memory_limit_bytes(files), memory_left_bytes(files)
    return Memory(
        total_bytes=min(host.total, limit or host.total),
        available_bytes=host.available if left is None else min(host.available, left),
    )


def die_before_others() -> None:
    """Let the kernel end this process, and not its supervisor, when memory runs out; any process may offer that."""
    if sys.platform == "linux":
        Path("/proc/self/oom_score_adj").write_text("1000")
