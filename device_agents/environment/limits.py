"""Limits: what the cgroups around this process allow it, in either version of cgroups."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from device_agents.host.files import HostFiles
from latency_service.contract.device import Fact

_ROOT = "sys/fs/cgroup"
#: cgroups version 1 writes "no limit" as the largest number of whole pages.
_UNLIMITED_BYTES = 2**60

Number = TypeVar("Number", int, float)


def cpu_quota(files: HostFiles) -> float | None:
    """Return the cores' worth of CPU time that this process may use, or None for no limit."""
    return _tightest(files, "cpu", lambda folder: _quota_v2(files, folder) or _quota_v1(files, folder))


def memory_limit_bytes(files: HostFiles) -> int | None:
    """Return how much memory this process may use, or None for no limit."""
    return _tightest(files, "memory", lambda folder: _memory_limit(files, folder))


def memory_left_bytes(files: HostFiles) -> int | None:
    """Return how much of that is left, or None for no limit; file caches that nobody uses count as left."""

    def left(folder: str) -> int | None:
        limit = _memory_limit(files, folder)
        used = files.number(f"{folder}/memory.current") or files.number(f"{folder}/memory.usage_in_bytes")
        caches = files.fields(f"{folder}/memory.stat", " ")
        idle = int(caches.get("total_inactive_file") or caches.get("inactive_file") or 0)
        return None if limit is None or used is None else max(0, limit - used + idle)

    return _tightest(files, "memory", left)


def cpuset(files: HostFiles) -> str | None:
    """Return the cores that the innermost cgroup that says so allows, such as `0-3`."""
    for folder in reversed(list(_folders(files, "cpuset"))):
        for name in ("cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"):
            if found := files.text(f"{folder}/{name}"):
                return found
    return None


def limit_facts(files: HostFiles) -> dict[str, Fact]:
    """Return the limits of this process."""
    return {
        "cgroup_cpu_quota": cpu_quota(files),
        "cgroup_cpus": cpuset(files),
        "cgroup_memory_bytes": memory_limit_bytes(files),
    }


def _tightest(files: HostFiles, controller: str, limit: Callable[[str], Number | None]) -> Number | None:
    return min((found for folder in _folders(files, controller) if (found := limit(folder)) is not None), default=None)


def _folders(files: HostFiles, controller: str) -> Iterator[str]:
    """Yield the folders of this process's cgroup and of all those above it, the outermost first.

    Within a container the path may be that of the host, and its folders absent: the root then is the container's own.
    """
    for line in (files.text("proc/self/cgroup") or "").splitlines():
        hierarchy, controllers, path = line.split(":", 2)
        if hierarchy == "0" or controller in controllers.split(","):
            base = _ROOT if hierarchy == "0" else f"{_ROOT}/{controller}"
            parts = [part for part in path.split("/") if part and part != ".."]
            yield from ("/".join([base, *parts[:depth]]) for depth in range(len(parts) + 1))


def _memory_limit(files: HostFiles, folder: str) -> int | None:
    found = files.number(f"{folder}/memory.max") or files.number(f"{folder}/memory.limit_in_bytes")
    return None if found is None or found >= _UNLIMITED_BYTES else found


def _quota_v2(files: HostFiles, folder: str) -> float | None:
    quota, _, period = (files.text(f"{folder}/cpu.max") or "max").partition(" ")
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() else None


def _quota_v1(files: HostFiles, folder: str) -> float | None:
    quota, period = files.number(f"{folder}/cpu.cfs_quota_us"), files.number(f"{folder}/cpu.cfs_period_us")
    return quota / period if quota is not None and quota > 0 and period else None
