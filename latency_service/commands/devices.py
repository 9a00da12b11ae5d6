"""`latency-service devices`: who is there, and what waits for each."""

from collections.abc import Sequence
from datetime import datetime

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
from latency_service.contract.device import DeviceDescription
from latency_service.services import inventory
from latency_service.services.fleet import SEEN_LATELY
from latency_service.services.inventory import Inventoried

app = typer.Typer(help="Show the devices that have registered.", no_args_is_help=True)


@app.command("list")
def list_devices(database: DatabaseOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List all devices: when each was last seen, and what waits for it."""
    with readable_errors(), opened_database(load_settings(config, database=database)) as opened:
        devices = opened.read(inventory.take)
    if as_json:
        typer.echo(to_json({"devices": devices}))
    else:
        Console().print(_table(devices, utc_now()))


@app.command("show")
def show_device(
    name: str, database: DatabaseOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Show one device, with the facts of its present state."""
    with readable_errors(), opened_database(load_settings(config, database=database)) as opened:
        device = opened.read(lambda session: inventory.take_one(session, name))
    if as_json:
        typer.echo(to_json(device))
    else:
        Console().print(_details(device, utc_now()))


def _table(devices: Sequence[Inventoried], now: datetime) -> Table:
    table = Table("device", "status", "last seen", "waiting", "owner", "agent", "device state")
    for each in devices:
        device = each.device
        seen = f"{device.last_seen_at:%Y-%m-%d %H:%M}"
        owner, state = each.owner or "-", device.device_state
        cells = (device.name, _status(each, now), seen, str(each.queued), owner, device.agent_version, state)
        table.add_row(*map(Text, cells))  # what agents say of themselves is no markup
    return table


def _details(each: Inventoried, now: datetime) -> Table:
    device = each.device
    table = Table(show_header=False)
    rows = {
        "device": device.name,
        "status": _status(each, now),
        "last seen": f"{device.last_seen_at:%Y-%m-%d %H:%M:%S} UTC",
        "registered": f"{device.registered_at:%Y-%m-%d %H:%M:%S} UTC",
        "owner": each.owner or "none: registered without a key",
        "waiting": f"{each.queued} jobs" + (f", since {each.oldest_at:%Y-%m-%d %H:%M}" if each.oldest_at else ""),
        "agent": device.agent_version,
        "host": _host(each.device.description),
        "device state": device.device_state,
    }
    for name, value in (rows | {name: str(value) for name, value in device.facts.facts.items()}).items():
        table.add_row(Text(name), Text(value))
    return table


def _host(description: DeviceDescription | None) -> str:
    if description is None:
        return "no agent has ever spoken for it: imported"
    return f"{description.operating_system}, {description.architecture}, {description.cpu_model}"


def _status(each: Inventoried, now: datetime) -> str:
    if each.device.deregistered_at is not None:
        return "deregistered"
    return "up" if now - each.device.last_seen_at < SEEN_LATELY else "silent"
