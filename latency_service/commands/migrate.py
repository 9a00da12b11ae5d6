"""`latency-service migrate`."""

from typing import Annotated

import typer
from rich.console import Console

from latency_service import schema
from latency_service.commands.running import ConfigOption, DatabaseOption, load_settings, readable_errors
from latency_service.database import Database
from latency_service.settings import Settings

Check = Annotated[bool, typer.Option("--check", help="Only look; exit code 1 where it is not at the newest revision.")]


def migrate(database: DatabaseOption = None, config: ConfigOption = None, check: Check = False) -> None:
    """Bring the database to the newest revision. Any number of these may run at once; one does the work."""
    with readable_errors():
        settings = load_settings(config, database=database)
        revision = _checked(settings) if check else migrate_database(settings)
        Console().print(f"{settings.shown_database} is at revision {revision}", soft_wrap=True, markup=False)


def migrate_database(settings: Settings) -> str:
    """Bring the settings' database to the newest revision, and return that."""
    database = Database(settings.database_url, pool_size=1)
    try:
        return schema.migrate(database)
    finally:
        database.close()


def _checked(settings: Settings) -> str:
    database = Database(settings.database_url, pool_size=1)
    try:
        schema.check_is_current(database)
    finally:
        database.close()
    return schema.newest_revision()
