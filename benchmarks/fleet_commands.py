"""Commands of the benchmarks that know neither search nor networks: the service under load, and agents in storms."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import agent_memory, faults, fleet, service

JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the figures here, too.")]


def faults_command(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long the storm lasts.")] = 5.0,
    seed: Annotated[int, typer.Option(help="Draws the faults.")] = 0,
) -> None:
    """Let a storm of faults loose on real agents and a real service; 1 if a result is lost or counted twice."""
    faults.run(minutes, seed, Console())


def agent_memory_command(jobs: Annotated[int, typer.Option(min=100, help="Jobs in all.")] = 10_000) -> None:
    """Show an agent's memory over many jobs."""
    agent_memory.run(Console(), jobs)


def fleet_command(
    agents: Annotated[int, typer.Option(min=1, help="Each with a device of its own.")] = 1000,
    minutes: Annotated[float, typer.Option(min=0.05, help="How long profiles are asked for.")] = 5.0,
    seed: Annotated[int, typer.Option(help="Draws what is asked for.")] = 0,
) -> None:
    """Let a fleet poll, renew and upload against two replicas; 1 if a request fails or a result is lost or doubled."""
    fleet.run(agents, minutes, seed, Console())


def service_command(
    quick: Annotated[bool, typer.Option("--quick", help="Little of everything: to see that it runs.")] = False,
    json_file: JsonFile = None,
) -> None:
    """Show how fast the service reads, cuts and lends, as shares of a bare app in the same run."""
    service.run(service.QUICK if quick else service.FULL, json_file, Console())


#: By name.
COMMANDS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        "faults": faults_command,
        "agent-memory": agent_memory_command,
        "fleet": fleet_command,
        "service": service_command,
    }
)
