"""The CPU: its model, the instruction sets that kernels of neural networks choose by, its caches, how it is clocked."""

import re

from device_agents.environment.processors import count_designs, instruction_sets, read_processors
from device_agents.environment.topology import clusters, layout, numa_nodes, siblings
from device_agents.host.core_lists import parse_core_list
from device_agents.host.files import HostFiles
from latency_service.contract.device import Fact

CPU = "sys/devices/system/cpu"
_CACHE_FILES = ("level", "type", "size", "shared_cpu_list")
_X86 = r"ssse3|sse4_[12]|avx.*|fma|f16c|amx_.*"
_ARM = r"neon|vfpv[34]|asimd.*|fphp|i8mm|bf16|sve.*|sme([\dibf].*)?"
_RISCV = r"riscv_(v|zv.*|zfh)"
_FLAG = re.compile(f"{_X86}|{_ARM}|{_RISCV}")


def cpu_model(files: HostFiles) -> str | None:
    """Return the CPU's name; where an ARM host shows none, what cores it has."""
    info = files.fields("proc/cpuinfo")
    return count_designs(read_processors(files)) or info.get("model name") or info.get("Hardware") or info.get("uarch")


def logical_cores(files: HostFiles) -> int | None:
    """Return how many cores are online."""
    return len(read_processors(files)) or None


def cpu_facts(files: HostFiles, core: int) -> dict[str, Fact]:
    """Return the facts of a host's CPU; what differs from core to core is told of the measuring core.

    Args:
        files: Where the device's files are read.
        core: The measuring core; that of one-threaded jobs.
    """
    processor = read_processors(files).get(core, {})
    scaling = f"{CPU}/cpu{core}/cpufreq"
    return {
        "cpu_model": cpu_model(files),
        "cpu_flags": " ".join(sorted(filter(_FLAG.fullmatch, instruction_sets(processor)))) or None,
        "cpu_microcode": processor.get("microcode"),
        "cpu_caches": _caches(files, core),
        "cpu_layout": layout(files),
        "cpu_clusters": clusters(files),
        "cpu_max_khz": files.number(f"{scaling}/cpuinfo_max_freq"),
        "cpu_driver": files.text(f"{scaling}/scaling_driver"),
        "cpu_governor": files.text(f"{scaling}/scaling_governor"),
        "cpu_turbo": turbo(files),
        "cpu_smt": None if (smt := files.number(f"{CPU}/smt/active")) is None else bool(smt),
        "cpu_siblings": siblings(files, core),
        "cpus_isolated": files.text(f"{CPU}/isolated"),
        "cpus_tickless": _tickless(files),
        "numa_nodes": numa_nodes(files),
        "logical_cores": logical_cores(files),
    }


def turbo(files: HostFiles) -> bool | None:
    """Say whether the CPU may run above its nominal clock for as long as heat allows."""
    no_turbo = files.number(f"{CPU}/intel_pstate/no_turbo")
    if no_turbo is not None:
        return not no_turbo
    boost = files.number(f"{CPU}/cpufreq/boost")
    return None if boost is None else bool(boost)


def _tickless(files: HostFiles) -> str | None:
    text = files.text(f"{CPU}/nohz_full")
    return text if parse_core_list(text) else None  # some kernels write "(null)" for none


def _caches(files: HostFiles, core: int) -> str | None:
    """Return the caches that the core uses, such as `L1-Data:48K L3-Unified:32768K/0-7`, shared ones with the cores."""
    found = []
    for folder in files.listing(f"{CPU}/cpu{core}/cache/index*"):
        level, kind, size, shared = (files.text(f"{folder}/{name}") for name in _CACHE_FILES)
        others = f"/{shared}" if len(parse_core_list(shared)) > 1 else ""
        found += [f"L{level}-{kind}:{size}{others}"] if size else []
    return " ".join(found) or None
