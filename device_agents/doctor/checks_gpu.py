"""Checks of NVIDIA GPUs, as their driver shows them; no findings where there is none."""

from device_agents.doctor.findings import Finding, good
from device_agents.doctor.stand import Stand
from device_agents.host.nvidia import gpu_facts, slowdowns
from latency_service.contract.device import Fact


def check_gpus(stand: Stand) -> list[Finding]:
    """Look at persistence mode, partitions, clocks, and what slows each GPU down now."""
    facts = gpu_facts(stand.gpu_driver)
    found = []
    for gpu, reasons in slowdowns(stand.gpu_driver).items():
        found += [_persistence(gpu, facts), _partitions(gpu, facts), _clocks(gpu, facts), _slowdown(gpu, reasons)]
    return found


def _persistence(gpu: str, facts: dict[str, Fact]) -> Finding:
    name = f"{gpu} persistence"
    if facts[f"{gpu}.persistence"] is not False:
        return good(name, "on" if facts[f"{gpu}.persistence"] else "not shown")
    return Finding(
        name=name,
        severity="warn",
        seen="off",
        why="The driver is unloaded with the last process: each session begins with a cold GPU and default clocks.",
        mend=f"sudo nvidia-smi -i {_number(gpu)} -pm 1",
    )


def _partitions(gpu: str, facts: dict[str, Fact]) -> Finding:
    name = f"{gpu} partitions"
    if not facts[f"{gpu}.mig"]:
        return good(name, "none")
    return Finding(
        name=name,
        severity="warn",
        seen="MIG is on",
        why="A partition has a part of the GPU's units, and shares power and clocks with the other partitions.",
        mend="measure where nobody uses the other partitions, or switch MIG off "
        f"(sudo nvidia-smi -i {_number(gpu)} -mig 0)",
    )


def _clocks(gpu: str, facts: dict[str, Fact]) -> Finding:
    set_mhz, max_mhz = facts[f"{gpu}.application_sm_mhz"], facts[f"{gpu}.max_sm_mhz"]
    name, lock = f"{gpu} clocks", f"sudo nvidia-smi -i {_number(gpu)} -lgc"
    if isinstance(set_mhz, int) and isinstance(max_mhz, int) and set_mhz < max_mhz:
        return good(name, f"set to {set_mhz} of {max_mhz} MHz")
    return Finding(
        name=name,
        severity="warn",
        seen=f"may rise to {max_mhz or '?'} MHz, unless locked (the driver does not tell whether they are)",
        why="The clock follows load, heat and power, so that an op's time depends on what ran before it.",
        mend=f"{lock} MHZ, with a clock that it can hold (nvidia-smi -q -d SUPPORTED_CLOCKS)",
    )


def _slowdown(gpu: str, reasons: tuple[str, ...]) -> Finding:
    name = f"{gpu} slowdown"
    if not reasons:
        return good(name, "none now")
    return Finding(
        name=name,
        severity="bad",
        seen=", ".join(reasons),
        why="The GPU runs below the clock that it was asked for.",
        mend="improve cooling and power supply, or lock a lower clock",
    )


def _number(gpu: str) -> str:
    return gpu.removeprefix("gpu")
