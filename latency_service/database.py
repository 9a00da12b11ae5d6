"""Database: the engine, and transactions that either read or write."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import stamina
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from latency_service.engines import WRITES, is_sqlite, make_engine, rebuilding_tables
from latency_service.tally import Tally, tally_of

_ATTEMPTS = 4
_LONGEST_WAIT_S = 1.0
#: PostgreSQL's codes of what may succeed when tried anew: serialization failures, deadlocks, lock timeouts, lost
#: connections, a server that is starting up or shutting down, and a row that another transaction added just now.
_TRANSIENT = ("40", "08", "57P", "55P03", "23505")
_ONE_STATE = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

T = TypeVar("T")


class Database:
    """One database and its pool of connections.

    Args:
        url: SQLAlchemy URL of a SQLite file (`sqlite:///PATH`; its folder is made if need be) or of a PostgreSQL
            database (`postgresql://USER@HOST/NAME`).
        pool_size: Connections to PostgreSQL that are kept open.
        on_commit: Told what each committed transaction has counted; called by whichever thread committed it.

    Raises:
        InvalidInput: The URL is not that of such a database.
    """

    def __init__(self, url: str, pool_size: int = 10, on_commit: Callable[[Tally], None] = lambda _: None) -> None:
        self._on_commit = on_commit
        self.engine: Engine = make_engine(url, pool_size)
        self._writing_engine = self.engine.execution_options(**{WRITES: True})
        # SQLite's transactions see one state throughout; PostgreSQL's do where they ask for it.
        self._reading_engine = self.engine if is_sqlite(self.engine) else self.engine.execution_options(**_ONE_STATE)

    def read(self, work: Callable[[Session], T]) -> T:
        """Return what `work` answers on one consistent state of the database; tried again if the connection is lost."""
        return self._retried(self.reading, work)

    def write(self, work: Callable[[Session], T]) -> T:
        """Return what `work` answers, its writes committed at once, or none of them.

        It is run again, from its start, where the database lost the connection, or chose it as the victim of a
        deadlock: it must do nothing but use its session.
        """
        return self._retried(self.writing, work)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session on one consistent state of the database; nothing is committed."""
        with Session(self._reading_engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that may write, on SQLite with the write lock; it is committed unless an error comes out."""
        with Session(self._writing_engine) as session:
            with session.begin():
                yield session
            self._on_commit(tally_of(session))

    @contextmanager
    def connecting(self) -> Iterator[Connection]:
        """Open a writing connection, for migrations; it is committed unless an error comes out."""
        with self._writing_engine.connect() as connection, rebuilding_tables(connection):
            yield connection

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()

    def _retried(self, opening: Callable[[], AbstractContextManager[Session]], work: Callable[[Session], T]) -> T:
        for attempt in stamina.retry_context(
            on=is_transient, attempts=_ATTEMPTS, wait_initial=0.05, wait_max=_LONGEST_WAIT_S
        ):
            with attempt, opening() as session:
                return work(session)
        raise AssertionError("the last attempt raises what went wrong")


def is_transient(error: Exception) -> bool:
    """Say whether the same transaction may succeed when tried anew."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or (state or "").startswith(_TRANSIENT)
