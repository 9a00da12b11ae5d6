"""Running a command: its settings, its database, and errors that end it with one readable message."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from latency_service import schema
from latency_service.contract.errors import LatencyError
from latency_service.database import Database
from latency_service.settings import Settings

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="sqlite:///PATH or postgresql://USER@HOST/NAME; default: a SQLite file in your data directory.",
    ),
]


def load_settings(**flags: Any) -> Settings:
    """Return the settings; a flag that is None was not given."""
    return Settings(**{name: value for name, value in flags.items() if value is not None})


@contextmanager
def opened_database(settings: Settings) -> Iterator[Database]:
    """Open the settings' database, which must be at the newest revision, and close it at the end.

    Raises:
        ServiceUnavailable: It is at another revision.
    """
    database = Database(settings.database, settings.pool_size)
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
    except ValidationError as error:
        first = error.errors()[0]
        stop(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
    except SQLAlchemyError as error:
        stop(f"the database cannot be used: {str(error).splitlines()[0]}")
    except (LatencyError, OSError) as error:
        stop(str(error))


def stop(message: str) -> None:
    """End the command: exit code 1, the message on stderr."""
    Console(stderr=True).print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)
    raise typer.Exit(1)
