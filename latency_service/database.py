"""Database: the engine, and sessions that either read or write."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from latency_service.contract.errors import InvalidInput

_WRITES = "latency_service_writes"
_BUSY_TIMEOUT_MS = 30_000


class Database:
    """One database and its pool of connections.

    Args:
        url: SQLAlchemy URL of a SQLite file, `sqlite:///PATH`. Its folder is made if need be.

    Raises:
        InvalidInput: The URL does not parse, or is not plainly that of a SQLite file.
    """

    def __init__(self, url: str) -> None:
        parsed = _parse_url(url)
        assert parsed.database is not None
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = _sqlite_engine(parsed)
        self._writing_engine = self.engine.execution_options(**{_WRITES: True})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session on one consistent state of the database; nothing is committed."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that holds the write lock, and commit it unless an error comes out."""
        with Session(self._writing_engine) as session, session.begin():
            yield session

    @contextmanager
    def connecting(self) -> Iterator[Connection]:
        """Open a writing connection, for migrations."""
        with self._writing_engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _parse_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidInput(f"{url!r} is no database URL; write sqlite:////absolute/path/latency.db") from None
    if parsed.get_backend_name() != "sqlite":
        raise InvalidInput(f"database {parsed.get_backend_name()!r} is not supported; write sqlite:///PATH")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite") or parsed.query:
        raise InvalidInput(f"{url!r} names a driver or has options after '?'; write sqlite:///PATH")
    if parsed.database in (None, "", ":memory:"):
        raise InvalidInput("the service needs a file, not a database in memory; write sqlite:///PATH")
    return parsed


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        max_overflow=-1,  # the threads that handle requests bound it
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )
    event.listen(engine, "connect", _configure_connection)
    event.listen(engine, "begin", _begin)
    return engine


def _configure_connection(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver would begin transactions late and on its own terms; _begin does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    # An agent deletes its copy of a result once it is acknowledged, so a commit must outlive a power cut.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer takes the lock at once: a reader that turns writer half-way would fail instead of waiting.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
