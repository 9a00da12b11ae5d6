"""Memory: how much there is, and how it is paged."""

import re

from device_agents.host.files import HostFiles
from latency_service.contract.device import Fact


def memory_bytes(files: HostFiles) -> int | None:
    """Return the memory of the machine, whatever share of it this process may use."""
    return memory_field(files, "MemTotal")


def memory_field(files: HostFiles, name: str) -> int | None:
    """Return a field of /proc/meminfo, in bytes."""
    number = files.fields("proc/meminfo").get(name, "").removesuffix("kB").strip()
    return int(number) * 1024 if number.isdigit() else None


def huge_pages(files: HostFiles) -> str | None:
    """Return when the kernel uses huge pages by itself: `always`, `madvise` or `never`."""
    chosen = re.search(r"\[(\w+)\]", files.text("sys/kernel/mm/transparent_hugepage/enabled") or "")
    return chosen[1] if chosen else None


def memory_facts(files: HostFiles) -> dict[str, Fact]:
    """Return the facts of a device's memory."""
    total = memory_bytes(files)
    return {"memory_gib": None if total is None else round(total / 2**30), "memory_huge_pages": huge_pages(files)}
