"""`latency-service keys`."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Column, Table

from latency_service.clock import utc_now
from latency_service.commands.key_files import bootstrap as bootstrap_files
from latency_service.commands.running import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    load_settings,
    opened_database,
    readable_errors,
)
from latency_service.contract.errors import InvalidInput
from latency_service.contract.messages import ApiKey, ApiKeyRequest, Scope
from latency_service.services import access

app = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)

Name = Annotated[str, typer.Option(help="Whose it is, for people.")]
ScopeOption = Annotated[Scope, typer.Option(help="What it may do: reader < requester; agent; admin: everything.")]
Devices = Annotated[
    list[str] | None,
    typer.Option("--device", help="An agent's key: which devices it may register, such as 'board-*'; repeatable."),
]
Folder = Annotated[Path, typer.Option(help="Where the key files are, or are to be.")]
GroupReadable = Annotated[bool, typer.Option("--group-readable", help="Let the files' group read them too.")]


@app.command()
def create(
    name: Name, scope: ScopeOption, device: Devices = None, database: DatabaseOption = None, config: ConfigOption = None
) -> None:
    """Create a key and print it on stdout. It is shown only now."""
    with readable_errors(), opened_database(load_settings(config, database=database)) as opened:
        request = _request(name, scope, device or [])
        created = opened.write(lambda session: access.create(session, request, utc_now()))
        _tell(f"key {created.key_id} for {scope} {name!r}; it is shown only now:")
        typer.echo(created.key.get_secret_value())


@app.command(name="list")
def list_keys(as_json: JsonOption = False, database: DatabaseOption = None, config: ConfigOption = None) -> None:
    """List all keys, revoked ones too."""
    with readable_errors(), opened_database(load_settings(config, database=database)) as opened:
        listed = opened.read(access.list_keys)
    if as_json:
        typer.echo(listed.model_dump_json(indent=2))
    else:
        Console().print(_table(listed.keys))


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="Its id, as `keys list` shows it.")],
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Revoke a key; services that run refuse it within five seconds."""
    with readable_errors(), opened_database(load_settings(config, database=database)) as opened:
        opened.write(lambda session: access.revoke(session, key_id, utc_now()))
    _tell(f"key {key_id} is revoked")


@app.command()
def bootstrap(
    folder: Folder,
    group_readable: GroupReadable = False,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """See that a folder holds one key file a scope; one that is missing, unknown or revoked is replaced."""
    with (
        readable_errors(),
        opened_database(load_settings(config, database=database)) as opened,
        opened.writing() as session,
    ):
        made = bootstrap_files(session, folder, group_readable, utc_now())
    _tell(f"{folder}: " + (f"wrote a new key for {', '.join(made)}" if made else "the key files are there already"))


def _request(name: str, scope: Scope, devices: list[str]) -> ApiKeyRequest:
    try:
        return ApiKeyRequest(name=name, scope=scope, devices=tuple(devices))
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"--{part}: " for part in first["loc"][:1]).replace("--devices", "--device")
        raise InvalidInput(where + first["msg"].removeprefix("Value error, ")) from None


def _table(keys: tuple[ApiKey, ...]) -> Table:
    table = Table(Column("id", no_wrap=True), "name", "scope", "devices", "created", "last used", "revoked")
    for key in keys:
        moments = (key.created_at, key.last_used_at, key.revoked_at)
        shown = ["-" if moment is None else f"{moment:%Y-%m-%d %H:%M}" for moment in moments]
        table.add_row(key.key_id, key.name, key.scope, ", ".join(key.devices) or "-", *shown)
    return table


def _tell(message: str) -> None:
    Console(stderr=True).print(message, soft_wrap=True, markup=False, highlight=False)
