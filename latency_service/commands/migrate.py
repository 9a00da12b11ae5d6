"""`latency-service migrate`."""

from rich.console import Console

from latency_service import schema
from latency_service.commands.running import DatabaseOption, load_settings, readable_errors
from latency_service.database import Database
from latency_service.settings import Settings


def migrate(database: DatabaseOption = None) -> None:
    """Bring the database to the newest revision."""
    with readable_errors():
        settings = load_settings(database=database)
        revision = migrate_database(settings)
    Console().print(f"{settings.database} is at revision {revision}", soft_wrap=True)


def migrate_database(settings: Settings) -> str:
    """Bring the settings' database to the newest revision, and return that."""
    database = Database(settings.database, settings.pool_size)
    try:
        return schema.migrate(database)
    finally:
        database.close()
