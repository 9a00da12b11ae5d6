"""Bulk: sets of rows that may be larger than one statement can name."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from latency_service.tables import Base

#: SQLite before 3.32 takes 999 variables a statement.
CHUNK_SIZE = 900

T = TypeVar("T")


def chunks(items: Iterable[T]) -> Iterator[Sequence[T]]:
    """Yield the items in pieces that fit into one statement."""
    iterator = iter(items)
    while chunk := list(islice(iterator, CHUNK_SIZE)):
        yield chunk


def insert_missing(session: Session, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows that break no unique constraint, and leave what is there as it is."""
    if rows:
        on_sqlite = session.get_bind().dialect.name == "sqlite"
        insert = sqlite.insert(table) if on_sqlite else postgresql.insert(table)
        session.execute(insert.on_conflict_do_nothing(), rows)
