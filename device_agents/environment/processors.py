"""Processors: /proc/cpuinfo, one block of fields a core, whatever the architecture calls them."""

from collections import Counter

from device_agents.environment.core_designs import core_design
from device_agents.host.files import HostFiles

Processor = dict[str, str]


def read_processors(files: HostFiles) -> dict[int, Processor]:
    """Return the fields of each core that is online, by its number."""
    found: dict[int, Processor] = {}
    current: Processor = {}
    for line in (files.text("proc/cpuinfo") or "").splitlines():
        key, _, value = (part.strip() for part in line.partition(":"))
        if key == "processor" and value.isdigit():
            current = found[int(value)] = {}
        elif key:
            current.setdefault(key, value)
    return found


def instruction_sets(processor: Processor) -> set[str]:
    """Return what a core can do, in the kernel's words (x86 `flags`, ARM `Features`, RISC-V the letters of `isa`)."""
    words = set((processor.get("flags") or processor.get("Features") or "").split())
    letters, *extensions = processor.get("isa", "").removeprefix("rv64").removeprefix("rv32").split("_")
    return words | {f"riscv_{name}" for name in (*letters, *extensions)}


def design_of(processor: Processor) -> str | None:
    """Return which design an ARM core is of, such as `cortex-a72`; None where the host does not show it."""
    return core_design(processor.get("CPU implementer"), processor.get("CPU part"))


def count_designs(processors: dict[int, Processor]) -> str | None:
    """Return how many cores there are of each design, such as `4x cortex-a55, 2x cortex-a78`."""
    designs = Counter(design for number in sorted(processors) if (design := design_of(processors[number])))
    return ", ".join(f"{count}x {design}" for design, count in designs.items()) or None
