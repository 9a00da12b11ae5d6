"""Running a command: its settings, its database, and errors that end it with one readable message."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from latency_service import schema
from latency_service.configuration import FILE_VARIABLE, load_settings
from latency_service.contract.errors import LatencyError
from latency_service.database import Database
from latency_service.settings import Settings

__all__ = [
    "ConfigOption",
    "DatabaseOption",
    "JsonOption",
    "load_settings",
    "opened_database",
    "readable_errors",
    "stop",
]

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        dir_okay=False,
        help=f"A TOML file of settings; default: the one that {FILE_VARIABLE} names, else yours, else that in /etc.",
    ),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="sqlite:///PATH or postgresql://USER@HOST/NAME; default: a SQLite file in your data directory.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def opened_database(settings: Settings) -> Iterator[Database]:
    """Open the settings' database, which must be at the newest revision, and close it at the end.

    Raises:
        ServiceUnavailable: It is at another revision.
    """
    database = Database(settings.database_url, settings.pool_size)
    try:
        schema.check_is_current(database)
        yield database
    finally:
        database.close()


@contextmanager
def readable_errors() -> Iterator[None]:
    """End the command with exit code 1 and one message instead of a traceback."""
    try:
        yield
    except SQLAlchemyError as error:
        stop(f"the database cannot be used: {str(error).splitlines()[0]}")
    except (LatencyError, OSError) as error:
        stop(str(error))


def stop(message: str) -> NoReturn:
    """End the command: exit code 1, the message on stderr."""
    Console(stderr=True).print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)
    raise typer.Exit(1)
