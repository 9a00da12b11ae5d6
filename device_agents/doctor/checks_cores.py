"""Checks of who else uses the measuring core, and whether the agent may have it at all."""

from device_agents.doctor.findings import Finding, good, unknown
from device_agents.doctor.stand import Stand
from device_agents.environment.cpu import CPU
from device_agents.environment.limits import cpu_quota
from device_agents.environment.topology import siblings
from device_agents.host.core_lists import format_core_list, parse_core_list
from device_agents.host.files import HostFiles

_BUSY_LOAD = 0.5
_MANY_INTERRUPTS_A_SECOND = 10.0
_LONGEST_LIST = 4


def check_pinning(stand: Stand) -> Finding:
    """Look at whether the measuring child can be kept on its core."""
    if stand.pinning_error is None and stand.cores:
        return good("pinning", f"to core {format_core_list(stand.cores)} of {format_core_list(stand.allowed)}")
    return Finding(
        name="pinning",
        severity="bad",
        seen=stand.pinning_error or "this operating system does not pin processes",
        why="A process that moves between cores leaves its caches behind; its medians spread 2.5 times as far.",
        mend="allow sched_setaffinity (the container's seccomp profile), or measure on Linux",
    )


def check_supervisor(stand: Stand) -> Finding:
    """Look at whether the agent itself has another core than the one it measures on."""
    others = set(stand.allowed) - set(stand.cores)
    if not stand.cores:
        return unknown("core of the agent", "nothing is pinned here")
    if others:
        return good("core of the agent", f"core {format_core_list(others)}")
    return Finding(
        name="core of the agent",
        severity="warn",
        seen="the agent has no other core than those it measures on",
        why="Its heartbeats and uploads interrupt its own samples.",
        mend="allow it one core more (taskset -c, AllowedCPUs=, --cpuset-cpus), or measure with fewer threads",
    )


def check_smt(stand: Stand) -> Finding:
    """Look at whether the measuring core shares its execution units with another hardware thread."""
    text = siblings(stand.files, stand.core)
    if text is None:
        return unknown("hardware threads")
    others = [core for core in parse_core_list(text) if core != stand.core]
    if not others:
        return good("hardware threads", f"core {stand.core} is a whole core")
    offline = "; ".join(f"echo 0 | sudo tee /{CPU}/cpu{core}/online" for core in others)
    return Finding(
        name="hardware threads",
        severity="warn",
        seen=f"core {stand.core} shares its execution units with core {format_core_list(others)}",
        why="Whatever runs on the other thread slows the op down, and no counter of the op's own process shows it.",
        mend=f"{offline} (or echo off | sudo tee /{CPU}/smt/control)",
    )


def check_isolation(stand: Stand) -> Finding:
    """Look at whether the scheduler keeps others off the measuring cores."""
    cores = format_core_list(stand.cores)
    if not stand.cores:
        return unknown("isolation", "nothing is pinned here")
    if set(stand.cores) <= set(parse_core_list(stand.files.text(f"{CPU}/isolated"))):
        return good("isolation", f"core {cores} is isolated")
    all_cores = format_core_list(stand.allowed)
    return Finding(
        name="isolation",
        severity="warn",
        seen=f"the scheduler may put any process on core {cores}",
        why="A process that wakes up there costs samples, or shifts them unnoticed through the caches.",
        mend=f"start the kernel with isolcpus={cores} nohz_full={cores}, and the agent by taskset -c {all_cores} "
        "(docs/good-host.md tells a way without a restart)",
    )


def check_neighbours(stand: Stand) -> Finding:
    """Look for processes that were pinned to the measuring cores on purpose."""
    if set(stand.cores) == set(stand.allowed):
        return unknown("pinned neighbours", "the agent has no other core than those it measures on")
    names = sorted({name for path in stand.files.listing("proc/[0-9]*/status") if (name := _pinned(stand, path))})
    if not names:
        return good("pinned neighbours", "none")
    return Finding(
        name="pinned neighbours",
        severity="bad",
        seen=", ".join(names[:_LONGEST_LIST]) + (" ..." if len(names) > _LONGEST_LIST else ""),
        why=f"They can run nowhere but on core {format_core_list(stand.cores)}, where they take turns with the op.",
        mend="give them other cores (taskset -cp), or measure on another one (--cores)",
    )


def _pinned(stand: Stand, path: str) -> str | None:
    """Return who a process is that may run on the measuring cores alone; the kernel's own threads have no memory."""
    status = stand.files.fields(path)
    cores = set(parse_core_list(status.get("Cpus_allowed_list")))
    is_pinned_here = bool(cores) and cores <= set(stand.cores) and "VmSize" in status
    return f"{status.get('Name')} ({status.get('Pid')})" if is_pinned_here else None


def check_load(stand: Stand) -> Finding:
    """Look at how much else there was to do in the last minute."""
    words = (stand.files.text("proc/loadavg") or "").split()
    if not words:
        return unknown("load")
    load, cores = float(words[0]), max(1, len(stand.allowed))
    if load < _BUSY_LOAD:
        return good("load", f"{load:.2f} in the last minute")
    return Finding(
        name="load",
        severity="bad" if load >= cores else "warn",
        seen=f"{load:.2f} processes wanted to run in the last minute, on {cores} core(s)",
        why="Other work takes the core, the caches and the memory's bandwidth.",
        mend="end or move what else runs here (top), and look again in a minute",
    )


def check_interrupts(stand: Stand) -> Finding:
    """Look at how many interrupts of devices the measuring core has served since the start."""
    uptime_s = float((stand.files.text("proc/uptime") or "0").split()[0])
    counts = _device_interrupts(stand.files, stand.core)
    if counts is None or not uptime_s:
        return unknown("interrupts")
    rates = {device: count / uptime_s for device, count in counts.items() if count}
    if sum(rates.values()) < _MANY_INTERRUPTS_A_SECOND:
        return good("interrupts", f"{sum(rates.values()):.1f} of devices a second on core {stand.core}")
    busiest = max(rates, key=rates.__getitem__)
    number = busiest.partition(" ")[0]
    others = format_core_list(set(stand.allowed) - set(stand.cores)) or "0"
    return Finding(
        name="interrupts",
        severity="warn",
        seen=f"{sum(rates.values()):.0f} of devices a second on core {stand.core}, most by {busiest}",
        why="An interrupt runs in the middle of a sample and empties part of the caches.",
        mend=f"echo {others} | sudo tee /proc/irq/{number}/smp_affinity_list (and stop irqbalance)",
    )


def _device_interrupts(files: HostFiles, core: int) -> dict[str, int] | None:
    """Return how often each device has interrupted a core, by the interrupt's number and the device's name."""
    lines = (files.text("proc/interrupts") or "").splitlines()
    columns = lines[0].split() if lines else []
    if f"CPU{core}" not in columns:
        return None
    column = columns.index(f"CPU{core}")
    found = {}
    for line in lines[1:]:
        number, _, rest = line.strip().partition(":")
        words = rest.split()
        if number.isdigit() and len(words) > len(columns):
            found[f"{number} {words[-1]}"] = int(words[column])
    return found


def check_quota(stand: Stand) -> Finding:
    """Look at whether this process's cgroups allow as much CPU time as measuring takes."""
    quota, threads = cpu_quota(stand.files), max(1, len(stand.cores))
    if quota is None:
        return good("CPU quota", "none")
    if quota >= threads + 1:
        return good("CPU quota", f"{quota:g} cores, for {threads} thread(s) and the agent")
    return Finding(
        name="CPU quota",
        severity="bad" if quota < threads else "warn",
        seen=f"the container may use {quota:g} cores, and measuring takes {threads} and the agent's own",
        why="Once its share of a period is used up, the kernel stops the process in the middle of a sample.",
        mend="run the container without a CPU limit and pin it instead (docker run --cpuset-cpus; in Kubernetes the "
        "static CPU manager and whole cores)",
    )
