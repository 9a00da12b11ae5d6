"""Entries: the current value of each workload of a table, kept beside the measurements that it follows from."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from latency_service.engines import is_sqlite
from latency_service.repositories.bulk import among
from latency_service.tables import Base, Entry, LatencyTable

#: A row of `entries` as its columns' values.
Row = dict[str, Any]

_ENTRIES = Base.metadata.tables[Entry.__tablename__]
_KEY = ("table_id", "workload_key")
_VALUES = ("verdict", "measured_at", "document", "sessions")
_COLUMNS = ", ".join((*_KEY, *_VALUES))
#: All rows as one JSON array take a third of the time of a statement a row.
_PUT_ON_POSTGRESQL = text(
    f"INSERT INTO entries ({_COLUMNS}) SELECT {_COLUMNS} FROM json_populate_recordset(NULL::entries, :rows) "
    f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _VALUES)}"
)


class Standing(NamedTuple):
    """How good an entry is, and of when."""

    verdict: str
    measured_at: datetime | None

    def is_older(self, max_age_s: float | None, now: datetime) -> bool:
        """Say whether it is older than an age; None takes any age."""
        if max_age_s is None:
            return False
        assert self.measured_at is not None, "what was measured was measured at some time"
        # A device whose clock runs ahead has measured now, not in the future.
        return max(0.0, (now - self.measured_at).total_seconds()) >= max_age_s


def lock(session: Session, table_id: str) -> None:
    """Let nobody else change the table's entries until the end of the transaction."""
    session.execute(select(LatencyTable.id).where(LatencyTable.id == table_id).with_for_update(key_share=True))


def sessions(session: Session, table_id: str, keys: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the sessions that entries came from, by key; entries that are not there have none."""
    query = select(Entry.workload_key, Entry.sessions).where(Entry.table_id == table_id)
    return dict(iter(session.execute(query.where(among(session, Entry.workload_key, keys)))))


def put(session: Session, rows: Sequence[Row]) -> None:
    """Add the entries, or replace those of the same table and key."""
    if not rows:
        return
    connection = session.connection()
    if is_sqlite(connection):
        insert = sqlite.insert(_ENTRIES)
        replaced = {name: insert.excluded[name] for name in _VALUES}
        connection.execute(insert.on_conflict_do_update(index_elements=_KEY, set_=replaced), rows)
    else:
        connection.execute(_PUT_ON_POSTGRESQL, {"rows": orjson.dumps(rows).decode()})


def documents(session: Session, table_id: str, keys: Collection[str] | None = None) -> dict[str, str]:
    """Return entries as canonical JSON, by key: those among `keys`, or all."""
    # As one text, whose lines are keys and entries in turn: to make a row of each takes twice as long.
    line_pairs = func.aggregate_strings(Entry.workload_key + "\n" + Entry.document, "\n")
    query = select(line_pairs).where(Entry.table_id == table_id)
    if keys is not None:
        query = query.where(among(session, Entry.workload_key, keys))
    found = session.scalar(query)
    lines = found.split("\n") if found else []
    return dict(zip(lines[::2], lines[1::2], strict=True))


def standings(session: Session, table_id: str, keys: Collection[str]) -> dict[str, Standing]:
    """Return how good the entries among the keys are, by key."""
    query = select(Entry.workload_key, Entry.verdict, Entry.measured_at).where(Entry.table_id == table_id)
    rows = session.execute(query.where(among(session, Entry.workload_key, keys)))
    return {key: Standing(verdict, measured_at) for key, verdict, measured_at in rows}


def coverage(session: Session, keys: Collection[str]) -> dict[str, int]:
    """Return of how many of the keys each table has a value, by its id; tables that have none are left out."""
    query = select(Entry.table_id, func.count()).where(among(session, Entry.workload_key, keys))
    return dict(iter(session.execute(query.group_by(Entry.table_id))))


def tables_with(session: Session, key: str) -> Sequence[str]:
    """Return the ids of the tables that have a value for a workload."""
    return session.scalars(select(Entry.table_id).where(Entry.workload_key == key)).all()
