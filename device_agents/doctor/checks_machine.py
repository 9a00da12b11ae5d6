"""Checks of the machine as a whole: a hypervisor's share of it, and its memory."""

from device_agents.doctor.findings import Finding, good, unknown
from device_agents.doctor.stand import Stand
from device_agents.environment.limits import memory_limit_bytes
from device_agents.environment.memory import huge_pages, memory_bytes, memory_field
from device_agents.environment.system import virtualization

_STEAL = 7  # the column in /proc/stat
_SWAP_USED = 3  # the column in /proc/swaps
_STEAL_WARN, _STEAL_BAD = 0.001, 0.01
_SPARE_SHARE, _LOW_SHARE = 0.2, 0.05


def check_steal(stand: Stand) -> Finding:
    """Look at how much of the time a hypervisor has given to others since the start."""
    ticks = [int(word) for word in (stand.files.fields("proc/stat", " ").get("cpu") or "").split() if word.isdigit()]
    if len(ticks) <= _STEAL or not sum(ticks):
        return unknown("hypervisor")
    share, host = ticks[_STEAL] / sum(ticks[: _STEAL + 1]), virtualization(stand.files)
    if share < _STEAL_WARN:
        return good("hypervisor", "none" if host in (None, "none") else f"{host} kept {share:.2%} since the start")
    return Finding(
        name="hypervisor",
        severity="bad" if share > _STEAL_BAD else "warn",
        seen=f"{host or 'a hypervisor'} kept {share:.2%} of the time since the start",
        why="Other machines on the same hardware take the core away, and what they do to shared caches is not shown.",
        mend="measure on bare metal, or on a machine with cores of its own (dedicated, not burstable)",
    )


def check_swap(stand: Stand) -> Finding:
    """Look at whether memory has been written to disk."""
    text = stand.files.text("proc/swaps")
    if text is None:
        return unknown("swap")
    used_kib = sum(int(words[_SWAP_USED]) for line in text.splitlines()[1:] if len(words := line.split()) > _SWAP_USED)
    if not used_kib:
        return good("swap", "not in use")
    return Finding(
        name="swap",
        severity="warn",
        seen=f"{used_kib / 1024:.0f} MiB are swapped out",
        why="A page that has to come back from disk takes longer than most ops.",
        mend="sudo swapoff -a",
    )


def check_memory(stand: Stand) -> Finding:
    """Look at how much memory is left."""
    total, available = memory_bytes(stand.files), memory_field(stand.files, "MemAvailable")
    if total is None or available is None:
        return unknown("memory")
    limit = memory_limit_bytes(stand.files)
    usable = min(total, limit or total)
    share = min(available, usable) / usable
    seen = f"{min(available, usable) / 2**30:.1f} of {usable / 2**30:.1f} GiB are free"
    if share >= _SPARE_SHARE:
        return good("memory", seen)
    return Finding(
        name="memory",
        severity="bad" if share < _LOW_SHARE else "warn",
        seen=seen,
        why="Workloads are measured side by side only where memory allows, and large ones not at all.",
        mend="end what else holds memory, or raise the container's limit",
    )


def check_huge_pages(stand: Stand) -> Finding:
    """Look at whether the kernel puts huge pages under a process as it sees fit."""
    when = huge_pages(stand.files)
    if when is None:
        return unknown("huge pages")
    if when != "always":
        return good("huge pages", when)
    return Finding(
        name="huge pages",
        severity="warn",
        seen=when,
        why="One process gets huge pages and the next does not, which shifts all of its timings.",
        mend="echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled",
    )
