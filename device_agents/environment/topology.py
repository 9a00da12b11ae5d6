"""Topology: sockets, cores and hardware threads; clusters of unequal cores; nodes of memory."""

from dataclasses import dataclass

from device_agents.environment.processors import design_of, read_processors
from device_agents.host.core_lists import format_core_list, parse_core_list
from device_agents.host.files import HostFiles

_CPU = "sys/devices/system/cpu"
_NODE = "sys/devices/system/node/node"


@dataclass(frozen=True)
class _Kind:
    """What tells the cores of one cluster from those of another."""

    design: str | None
    max_khz: int | None
    capacity: int | None

    def __str__(self) -> str:
        text = f":{self.design}" if self.design else ""
        text += f"@{self.max_khz // 1000}MHz" if self.max_khz else ""
        return text + (f"/{self.capacity}" if self.capacity else "")


def siblings(files: HostFiles, core: int) -> str | None:
    """Return the hardware threads that share the core's execution units, itself included, such as `3,7`."""
    return files.text(f"{_CPU}/cpu{core}/topology/thread_siblings_list")


def layout(files: HostFiles) -> str | None:
    """Return how many sockets, cores and hardware threads there are."""
    threads = _cores(files)
    cores = {shared for core in threads if (shared := siblings(files, core))}
    sockets = {files.text(f"{_CPU}/cpu{core}/topology/physical_package_id") for core in threads} - {None}
    if not cores or not sockets:
        return None
    counts = {"socket": len(sockets), "core": len(cores), "thread": len(threads)}
    return ", ".join(f"{count} {noun}{'s' * (count != 1)}" for noun, count in counts.items())


def clusters(files: HostFiles) -> str | None:
    """Return the cores by kind: design, highest clock, and capacity where the kernel rates cores unequal.

    Such as `0-3:cortex-a55@1804MHz/250 4-7:cortex-a76@2400MHz/1024`.
    """
    processors = read_processors(files)
    groups: dict[_Kind, list[int]] = {}
    capacities = {core: files.number(f"{_CPU}/cpu{core}/cpu_capacity") for core in _cores(files)}
    unequal = len(set(capacities.values())) > 1
    for core, capacity in capacities.items():
        max_khz = files.number(f"{_CPU}/cpu{core}/cpufreq/cpuinfo_max_freq")
        kind = _Kind(design_of(processors.get(core, {})), max_khz, capacity if unequal else None)
        groups.setdefault(kind, []).append(core)
    return " ".join(f"{format_core_list(cores)}{kind}" for kind, cores in groups.items()) or None


def numa_nodes(files: HostFiles) -> str | None:
    """Return the nodes of memory and the cores near each, such as `0:0-15 1:16-31`."""
    numbers = (path.removeprefix(_NODE) for path in files.listing(f"{_NODE}[0-9]*"))
    nodes = [f"{number}:{files.text(f'{_NODE}{number}/cpulist') or ''}" for number in sorted(numbers, key=int)]
    return " ".join(nodes) or None


def _cores(files: HostFiles) -> tuple[int, ...]:
    """Return the cores there are; where the host does not show that, those in /proc/cpuinfo."""
    return parse_core_list(files.text(f"{_CPU}/present")) or tuple(sorted(read_processors(files)))
