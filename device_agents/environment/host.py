"""This host: its description for people, and its state."""

import platform
import sysconfig
from collections.abc import Mapping

import psutil

from device_agents.environment.cpu import cpu_facts, cpu_model, logical_cores
from device_agents.environment.limits import limit_facts, memory_limit_bytes
from device_agents.environment.memory import memory_bytes, memory_facts
from device_agents.environment.software import settings_facts, software_facts
from device_agents.environment.system import operating_system, system_facts
from device_agents.host.core_lists import format_core_list
from device_agents.host.files import HostFiles
from device_agents.host.nvidia import Nvml, gpu_facts
from device_agents.runtimes.settings import NOTHING_SET, RuntimeSettings
from latency_service.contract.conditions import RuntimeName
from latency_service.contract.device import DeviceDescription, DeviceState, Fact, RuntimeStatus


def describe_device(files: HostFiles, runtimes: Mapping[RuntimeName, RuntimeStatus]) -> DeviceDescription:
    """Return what this host is, for people; its memory is what this process may use of it."""
    total = memory_bytes(files) or int(psutil.virtual_memory().total)
    return DeviceDescription(
        operating_system=operating_system(files) or platform.system(),
        architecture=platform.machine(),
        cpu_model=_name(files),
        logical_cores=logical_cores(files) or psutil.cpu_count() or 1,
        memory_bytes=min(total, memory_limit_bytes(files) or total),
        runtimes=dict(runtimes),
    )


def read_state(
    files: HostFiles,
    cores: tuple[int, ...],
    runtime_settings: RuntimeSettings = NOTHING_SET,
    gpu_driver: Nvml | None = None,
) -> DeviceState:
    """Return the facts of this host that change timings.

    Args:
        files: Where the host's files are read.
        cores: The cores that jobs are pinned to; the last one is that of one-threaded jobs.
        runtime_settings: What this agent's owner has set up for its runtimes.
        gpu_driver: The driver of the host's NVIDIA GPUs, opened once: that can take seconds. None where there is none.
    """
    facts: dict[str, Fact] = {
        "operating_system": operating_system(files) or platform.system(),
        **machine_facts(),
        **cpu_facts(files, max(cores, default=0)),
        "measuring_core": max(cores, default=None),
        "measuring_cores": format_core_list(cores) or None,
        **memory_facts(files),
        **gpu_facts(gpu_driver),
        **system_facts(files),
        **limit_facts(files),
        **software_facts(),
        **settings_facts(runtime_settings),
    }
    return DeviceState(facts=facts)


def machine_facts() -> dict[str, Fact]:
    """Return what the interpreter knows of the machine that it runs on."""
    return {
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "libc": _libc(),
        "python": platform.python_version(),
    }


def _name(files: HostFiles) -> str:
    """Return the CPU's name, behind that of the board if it has one: people know the board."""
    cpu = cpu_model(files) or platform.processor() or "unknown"
    known_board = files.text("proc/device-tree/model")
    return f"{known_board} ({cpu})" if known_board else cpu


def _libc() -> str | None:
    built_for_musl = "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE"))
    return "musl" if built_for_musl else " ".join(platform.libc_ver()).strip() or None
