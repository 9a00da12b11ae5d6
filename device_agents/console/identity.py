"""What a device is, for a person: its facts by group, and what its runtimes can do."""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from device_agents.console.tables import facts_table
from latency_service.contract.conditions import RuntimeName
from latency_service.contract.device import DeviceDescription, DeviceState, Fact, RuntimeStatus

#: A fact belongs to the group whose beginning of a name it has; to `system` where there is none.
_GROUPS = {
    "cpu": ("cpu", "numa_", "logical_", "measuring_"),
    "memory": ("memory_",),
    "gpu": ("gpu", "nvidia."),
    "container": ("container", "cgroup_"),
    "software": ("package.", "provider.", "delegate.", "python", "libc"),
}
_OTHER = "system"


def print_identity(name: str, description: DeviceDescription, state: DeviceState) -> None:
    """Print what a device is, and which runtimes work on it or why they do not."""
    table = facts_table(f"{name}: {description.cpu_model}, {description.operating_system}")
    table.add_row("fingerprint", state.fingerprint)
    for group, facts in _grouped(state.facts).items():
        table.add_section()
        table.add_row(Text(group, style="bold cyan"), "")
        for fact, value in facts.items():
            table.add_row(f"  {fact}", Text(str(value)))
    console = Console()
    console.print(table)
    absent = ", ".join(fact for fact, value in state.facts.items() if value is None)
    console.print(Text(f"not shown or not there: {absent}" if absent else "every fact is shown", style="dim"))
    console.print(_runtimes(description.runtimes))


def print_away(name: str, reason: str) -> None:
    """Print that a device cannot be asked now, and why."""
    Console().print(Text(f"{name} is away: {reason}", style="yellow"))


def _grouped(facts: Mapping[str, Fact]) -> dict[str, dict[str, Fact]]:
    groups: dict[str, dict[str, Fact]] = {group: {} for group in (*_GROUPS, _OTHER)}
    for name, value in facts.items():
        if value is not None:
            groups[_group_of(name)][name] = value
    return {group: members for group, members in groups.items() if members}


def _group_of(name: str) -> str:
    return next((group for group, starts in _GROUPS.items() if name.startswith(starts)), _OTHER)


def _runtimes(statuses: Mapping[RuntimeName, RuntimeStatus]) -> Table:
    table = facts_table("runtimes")
    for name, status in statuses.items():
        table.add_section()
        works = Text(f"works, {status.version}", style="green")
        table.add_row(name, works if status.available else Text(f"does not work: {status.reason}", style="red"))
        for backend, verdict in _backends(status):
            table.add_row(f"  {backend}", verdict)
    return table


def _backends(status: RuntimeStatus) -> Iterator[tuple[str, Text]]:
    for backend, reason in status.backends.items():
        yield backend, Text("works", style="green") if reason is None else Text(reason, style="yellow")
