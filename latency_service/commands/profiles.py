"""`latency-service profiles`: what was asked for, and how far it is."""

from collections.abc import Sequence
from typing import Annotated

import typer
from pydantic_core import to_json
from rich.console import Console
from rich.table import Table
from rich.text import Text

from latency_service.clock import utc_now
from latency_service.commands.running import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    load_settings,
    opened_database,
    readable_errors,
)
from latency_service.contract.messages import ProfileState, ProfileStatus, ProfileSummary
from latency_service.services import cancellation, progress

Device = Annotated[str | None, typer.Option(help="Only this device's.")]
State = Annotated[ProfileState | None, typer.Option(help="Only those in this state.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many, the newest first.")]

app = typer.Typer(help="Show and cancel requests for measurements.", no_args_is_help=True)


@app.command("list")
def list_profiles(
    device: Device = None,
    state: State = None,
    limit: Limit = 50,
    database: DatabaseOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List profiles, the newest first."""
    with readable_errors(), opened_database(load_settings(config, database=database)) as opened:
        found = opened.read(lambda session: progress.list_profiles(session, device, state, None, limit))
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        Console().print(_table(found.profiles))


@app.command("show")
def show_profile(
    profile_id: str, database: DatabaseOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Show one profile: its jobs by state, and why jobs failed."""
    with readable_errors(), opened_database(load_settings(config, database=database)) as opened:
        status = opened.read(lambda session: progress.profile_status(session, profile_id))
    if as_json:
        typer.echo(to_json(status))
    else:
        _print_details(status)


@app.command("cancel")
def cancel_profile(profile_id: str, database: DatabaseOption = None, config: ConfigOption = None) -> None:
    """End a profile, and those of its jobs that nobody else wants; what was measured stays."""
    with readable_errors(), opened_database(load_settings(config, database=database)) as opened:
        opened.write(lambda session: cancellation.cancel_profile(session, profile_id, utc_now()))
    typer.echo(f"profile {profile_id} is cancelled")


def _table(profiles: Sequence[ProfileSummary]) -> Table:
    table = Table("profile", "device", "conditions", "state", "progress", "failed", "priority", "made")
    for each in profiles:
        made, priority, failed = f"{each.created_at:%Y-%m-%d %H:%M}", str(each.priority), str(each.counts["failed"])
        cells = (each.profile_id, each.device, str(each.conditions), each.state, f"{each.progress:.0%}", failed)
        table.add_row(*map(Text, (*cells, priority, made)))
    return table


def _print_details(status: ProfileStatus) -> None:
    console = Console()
    table = Table(show_header=False)
    rows = {
        "profile": status.profile_id,
        "device": status.device,
        "conditions": str(status.conditions),
        "state": f"{status.state}, {status.progress:.0%}",
        "jobs": ", ".join(f"{count} {state}" for state, count in status.counts.items() if count) or "none",
        "measured before": str(status.already_measured),
        "priority": str(status.priority),
        "made": f"{status.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "next look": f"{status.refresh_at:%Y-%m-%d %H:%M} UTC" if status.refresh_at else "none",
        "snapshot": status.snapshot_id or "none yet",
    }
    for name, value in rows.items():
        table.add_row(Text(name), Text(value))
    console.print(table)
    for failure in status.failures:
        said = f"{failure.workload}: {failure.error_class} after {failure.attempts} attempts: {failure.message}"
        console.print(Text(said, style="yellow"), soft_wrap=True)
