"""Racing: two transactions at the same moment, on PostgreSQL, whose writers are not serial by themselves."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from latency_service.database import Database

_DEADLINE_S = 20.0
_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")

T = TypeVar("T")


@contextmanager
def open_transaction(database: Database, work: Callable[[Session], T]) -> Iterator[T]:
    """Do some work in a transaction that is committed after the body has run, and not before."""
    with database.writing() as session:
        yield work(session)


def started_and_blocked(pool: ThreadPoolExecutor, database: Database, work: Callable[[], T]) -> Future[T]:
    """Start work in another thread, and return as soon as it waits for a lock that somebody else holds."""
    future = pool.submit(work)
    deadline = time.monotonic() + _DEADLINE_S
    while time.monotonic() < deadline:
        with database.reading() as session:
            if session.scalar(_WAITING):
                return future
        assert not future.done(), "it was to wait for the other transaction"
    raise AssertionError("it neither waits nor ends")
