"""The environment: what this host is, and the facts a change of which makes old timings incomparable.

Every fact is stable between two looks at the same host: no load, free memory, present clock or boot time. A fact
that the host does not show is None, never invented.
"""

import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

import psutil

from device_agents.host_files import HostFiles
from latency_service.contract.conditions import RuntimeName
from latency_service.contract.device import DeviceDescription, DeviceState, Fact, RuntimeStatus

#: Distributions whose version changes timings, whether the agent was told to use them or not.
_RUNTIME_PACKAGES = ("ai-edge-litert", "onnxruntime", "tflite-runtime", "torch")
#: Instruction sets that kernels of neural networks choose by (x86, then ARM).
_FLAG = re.compile(r"avx.*|fma|f16c|amx_.*|neon|vfpv4|asimd.*|i8mm|bf16|sve\d?|sme\d?")
_CPU = "sys/devices/system/cpu"


def describe_device(files: HostFiles, runtimes: Mapping[RuntimeName, RuntimeStatus]) -> DeviceDescription:
    """Return what this host is, for people."""
    return DeviceDescription(
        operating_system=_operating_system(files),
        architecture=platform.machine(),
        cpu_model=_cpu_model(files) or "unknown",
        logical_cores=_logical_cores(files),
        memory_bytes=_memory_bytes(files),
        runtimes=dict(runtimes),
    )


def read_state(files: HostFiles, cores: tuple[int, ...]) -> DeviceState:
    """Return the facts of this host that change timings.

    Args:
        files: Where the host's files are read.
        cores: The cores that jobs are pinned to; the last one is that of one-threaded jobs.
    """
    facts: dict[str, Fact] = {
        "operating_system": _operating_system(files),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "libc": " ".join(platform.libc_ver()).strip() or None,
        "python": platform.python_version(),
        "memory_gib": round(_memory_bytes(files) / 2**30),
        "measuring_core": max(cores, default=None),
        "cgroup_cpu_quota": _cpu_quota(files),
        **_cpu_facts(files, max(cores, default=0)),
        **{f"package.{name}": _package_version(name) for name in _RUNTIME_PACKAGES},
    }
    return DeviceState(facts=facts)


def _cpu_facts(files: HostFiles, core: int) -> dict[str, Fact]:
    info = files.fields("proc/cpuinfo")
    flags = set((info.get("flags") or info.get("Features") or "").split())
    return {
        "cpu_model": _cpu_model(files),
        "cpu_flags": " ".join(sorted(filter(_FLAG.fullmatch, flags))) or None,
        "cpu_microcode": info.get("microcode"),
        "cpu_caches": _caches(files, core),
        "cpu_max_khz": files.number(f"{_CPU}/cpu{core}/cpufreq/cpuinfo_max_freq"),
        "cpu_governor": files.text(f"{_CPU}/cpu{core}/cpufreq/scaling_governor"),
        "cpu_turbo": _turbo(files),
        "cpu_smt": None if (smt := files.number(f"{_CPU}/smt/active")) is None else bool(smt),
        "logical_cores": _logical_cores(files),
    }


def _cpu_model(files: HostFiles) -> str | None:
    info = files.fields("proc/cpuinfo")
    part = f"{info['CPU implementer']}:{info['CPU part']}" if "CPU part" in info else None
    board = files.text("proc/device-tree/model")
    return info.get("model name") or board or info.get("Hardware") or part or platform.processor() or None


def _operating_system(files: HostFiles) -> str:
    return files.fields("etc/os-release", "=").get("PRETTY_NAME") or platform.system()


def _logical_cores(files: HostFiles) -> int:
    lines = (files.text("proc/cpuinfo") or "").splitlines()
    return sum(line.startswith("processor") for line in lines) or psutil.cpu_count() or 1


def _memory_bytes(files: HostFiles) -> int:
    total = files.fields("proc/meminfo").get("MemTotal", "").removesuffix("kB").strip()
    return int(total) * 1024 if total.isdigit() else int(psutil.virtual_memory().total)


def _caches(files: HostFiles, core: int) -> str | None:
    folders = files.listing(f"{_CPU}/cpu{core}/cache/index*")
    parts = (tuple(files.text(f"{path}/{name}") for name in ("level", "type", "size")) for path in folders)
    return " ".join(f"L{level}-{kind}:{size}" for level, kind, size in parts if size) or None


def _turbo(files: HostFiles) -> bool | None:
    no_turbo = files.number(f"{_CPU}/intel_pstate/no_turbo")
    if no_turbo is not None:
        return not no_turbo
    boost = files.number(f"{_CPU}/cpufreq/boost")
    return None if boost is None else bool(boost)


def _cpu_quota(files: HostFiles) -> float | None:
    """Return the cores' worth of CPU time that the cgroups above this process allow, or None for no limit."""
    quotas = [_quota_v2(files, path) or _quota_v1(files, path) for path in _cgroups(files)]
    return min((quota for quota in quotas if quota is not None), default=None)


def _cgroups(files: HostFiles) -> list[str]:
    """Return the folders of this process's CPU cgroup and of all those above it."""
    found = []
    for line in (files.text("proc/self/cgroup") or "").splitlines():
        hierarchy, controllers, path = line.split(":", 2)
        if hierarchy == "0" or "cpu" in controllers.split(","):
            base = "sys/fs/cgroup" if hierarchy == "0" else "sys/fs/cgroup/cpu"
            parts = [part for part in path.split("/") if part]
            found += ["/".join([base, *parts[:depth]]) for depth in range(len(parts) + 1)]
    return found


def _quota_v2(files: HostFiles, path: str) -> float | None:
    quota, _, period = (files.text(f"{path}/cpu.max") or "max").partition(" ")
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() else None


def _quota_v1(files: HostFiles, path: str) -> float | None:
    quota, period = files.number(f"{path}/cpu.cfs_quota_us"), files.number(f"{path}/cpu.cfs_period_us")
    return quota / period if quota is not None and quota > 0 and period else None


def _package_version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
