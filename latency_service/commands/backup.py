"""`latency-service backup`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from latency_service.backups import back_up
from latency_service.commands.running import ConfigOption, DatabaseOption, load_settings, readable_errors

Out = Annotated[Path, typer.Argument(help="The file to write; one that is there already is never overwritten.")]
PgDump = Annotated[
    Path | None, typer.Option("--pg-dump", help="PostgreSQL's pg_dump, where it is not the one on the PATH.")
]


def backup(out: Out, database: DatabaseOption = None, config: ConfigOption = None, pg_dump: PgDump = None) -> None:
    """Copy the database to one file while the service goes on: of SQLite a database, of PostgreSQL an archive."""
    console = Console()
    with readable_errors():
        settings = load_settings(config, database=database)
        with Console(stderr=True).status(f"copying {settings.shown_database}"):
            back_up(settings.database_url, out, pg_dump)
        console.print(f"{out}: {out.stat().st_size:,} bytes", soft_wrap=True, markup=False, highlight=False)
