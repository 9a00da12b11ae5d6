"""Engines: SQLite for one machine, PostgreSQL for a fleet, and what each needs to be told."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

import orjson
import psycopg
import stamina
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from latency_service import database_url
from latency_service.contract.errors import InvalidInput

#: The execution option that marks a connection as one that will write.
WRITES = "latency_service_writes"
#: A pooled connection to PostgreSQL that rested for longer is tried before it is used.
PING_AFTER_S = 1.0

_SQLITE_DRIVERS = ("sqlite", "sqlite+pysqlite")
_POSTGRESQL_DRIVERS = ("postgresql", "postgres", "postgresql+psycopg")
_SQLITE_BUSY_TIMEOUT_MS = 30_000
_CONNECT_TIMEOUT_S = 5
_POOL_TIMEOUT_S = 10
_RESTS_SINCE = "rests_since"
#: Of a session: a statement that hangs, or a client that vanished within a transaction, must not hold locks for ever.
#: And one table's entries are found by their index: at the usual cost of 4, which is a spinning disk's, PostgreSQL
#: would rather read those of all tables.
_POSTGRESQL_OPTIONS = {
    "timezone": "utc",
    "statement_timeout": "60s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "random_page_cost": "1.1",
}


def _to_json(value: object) -> str:
    return orjson.dumps(value).decode()


#: Errors do not repeat what a statement was given: bodies and hashes have no place in a log.
_COMMON: dict[str, Any] = {
    "json_serializer": _to_json,
    "json_deserializer": orjson.loads,
    "hide_parameters": True,
}


def make_engine(url: str, pool_size: int) -> Engine:
    """Return the engine of a database.

    Raises:
        InvalidInput: The URL does not parse, or is neither a SQLite file's nor a PostgreSQL database's.
    """
    parsed = database_url.parse(url)
    if parsed.drivername in _SQLITE_DRIVERS:
        return _sqlite_engine(parsed)
    if parsed.drivername in _POSTGRESQL_DRIVERS:
        return _postgresql_engine(parsed, pool_size)
    raise InvalidInput(
        f"database {parsed.drivername!r} is not supported; write sqlite:///PATH or postgresql://USER@HOST/NAME"
    )


def is_sqlite(engine: Engine | Connection) -> bool:
    """Say whether the engine is SQLite's; otherwise it is PostgreSQL's."""
    return engine.dialect.name == "sqlite"


@contextmanager
def rebuilding_tables(connection: Connection) -> Iterator[None]:
    """Begin a transaction in which SQLite's tables may be changed by copying them, whatever refers to them.

    Raises:
        InvalidInput: At its end, a row refers to nothing; the transaction is undone.
    """
    if not is_sqlite(connection):
        with connection.begin():
            yield
        return
    connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")  # has no effect within a transaction
    try:
        with connection.begin():
            yield
            stray = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if stray is not None:
                raise InvalidInput(f"a row of {stray[0]} refers to one of {stray[2]} that is not there")
    finally:
        connection.connection.cursor().execute("PRAGMA foreign_keys=ON")


def _sqlite_engine(url: URL) -> Engine:
    if url.query:
        raise InvalidInput(f"{url!r} has options after '?'; write sqlite:///PATH")
    if url.database in (None, "", ":memory:"):
        raise InvalidInput("the service needs a file, not a database in memory; write sqlite:///PATH")
    assert url.database is not None
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    # The threads that handle requests bound the number of connections.
    engine = create_engine(url, max_overflow=-1, **_COMMON)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql_engine(url: URL, pool_size: int) -> Engine:
    if not url.database:
        raise InvalidInput("the URL names no database; write postgresql://USER@HOST/NAME")
    options = " ".join(f"-c {name}={value}" for name, value in _POSTGRESQL_OPTIONS.items())
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=2 * pool_size,
        pool_timeout=_POOL_TIMEOUT_S,
        connect_args={"connect_timeout": _CONNECT_TIMEOUT_S, "options": options, "application_name": "latency-service"},
        **_COMMON,
    )
    _ping_the_rested(engine)
    return engine


def _ping_the_rested(engine: Engine) -> None:
    # SQLAlchemy's own ping comes before every transaction, one round trip in five of a lease. A connection that was
    # lost within the last moment shows at its first statement, and `Database` runs the transaction again on a new one.
    def rest(_: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info[_RESTS_SINCE] = monotonic()

    def wake(connection: DBAPIConnection, entry: ConnectionPoolEntry, _: PoolProxiedConnection) -> None:
        if monotonic() - entry.info.get(_RESTS_SINCE, inf) < PING_AFTER_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error

    event.listen(engine, "checkin", rest)
    event.listen(engine, "checkout", wake)


def _is_busy(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY


def _configure_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver would begin transactions late and on its own terms; _begin_sqlite does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_SQLITE_BUSY_TIMEOUT_MS}")
    _write_ahead(cursor)
    # An agent deletes its copy of a result once it is acknowledged, so a commit must outlive a power cut.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


@stamina.retry(on=_is_busy, attempts=None, timeout=_SQLITE_BUSY_TIMEOUT_MS / 1000, wait_initial=0.01, wait_max=0.1)
def _write_ahead(cursor: DBAPICursor) -> None:
    # Of those that open a new file at once one makes the change, and SQLite does not let the others wait for it.
    cursor.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: a reader that turns writer half-way would fail instead of waiting.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
