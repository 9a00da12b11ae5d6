"""The system: its name, the board or machine it runs on, who virtualises it, and how its kernel was started."""

import re

from device_agents.environment.processors import instruction_sets, read_processors
from device_agents.host.files import HostFiles
from latency_service.contract.device import Fact

_DMI = "sys/class/dmi/id"
#: Options of the kernel that change timings.
_OPTION = re.compile(
    r"(isolcpus|nohz_full|rcu_nocbs|mitigations|nosmt|intel_pstate|amd_pstate|cpufreq\.default_governor|idle"
    r"|processor\.max_cstate|intel_idle\.max_cstate|transparent_hugepage|preempt|clocksource|tsc|arm_boost)(=\S*)?"
)
_CONTAINERS = {".dockerenv": "docker", "run/.containerenv": "podman", "run/systemd/container": "container"}
_CONTAINER_GROUP = re.compile(r"\b(docker|kubepods|lxc|libpod|containerd)\b")


def operating_system(files: HostFiles) -> str | None:
    """Return the name and version of the distribution."""
    return files.fields("etc/os-release", "=").get("PRETTY_NAME")


def board(files: HostFiles) -> str | None:
    """Return the model of a board by its device tree, or that of a machine by its firmware."""
    return files.text("proc/device-tree/model") or _firmware_name(files, "product_name")


def virtualization(files: HostFiles) -> str | None:
    """Return who virtualises this machine, or `none` for bare metal; None where the host does not show which."""
    hypervisor = files.text("sys/hypervisor/type") or files.text("proc/device-tree/hypervisor/compatible")
    if hypervisor:
        return hypervisor
    flags = instruction_sets(next(iter(read_processors(files).values()), {}))
    if "hypervisor" in flags:
        return _firmware_name(files, "product_name") or "a hypervisor that does not give its name"
    return "none" if "fpu" in flags else None  # every x86 has the flag fpu, and a virtual one that of its hypervisor


def container(files: HostFiles) -> str | None:
    """Return which kind of container this process runs in; None for none that shows."""
    for mark, kind in _CONTAINERS.items():
        if files.listing(mark):
            return kind
    group = _CONTAINER_GROUP.search(files.text("proc/self/cgroup") or "")
    return group[1] if group else None


def kernel_options(files: HostFiles) -> str | None:
    """Return the options that the kernel was started with, as far as they change timings."""
    words = (files.text("proc/cmdline") or "").split()
    return " ".join(sorted(filter(_OPTION.fullmatch, words))) or None


def clock_source(files: HostFiles) -> str | None:
    """Return what the kernel tells time by."""
    return files.text("sys/devices/system/clocksource/clocksource0/current_clocksource")


def system_facts(files: HostFiles) -> dict[str, Fact]:
    """Return the facts of a device's system."""
    return {
        "board": board(files),
        "virtualization": virtualization(files),
        "container": container(files),
        "kernel_options": kernel_options(files),
        "clock_source": clock_source(files),
    }


def _firmware_name(files: HostFiles, name: str) -> str | None:
    parts = [part for part in (files.text(f"{_DMI}/sys_vendor"), files.text(f"{_DMI}/{name}")) if part]
    return " ".join(parts) or None
