"""Entries: the current value of each workload of a table, kept beside the measurements that it follows from."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from latency_service.repositories.bulk import among
from latency_service.tables import Entry, LatencyTable

#: A row of `entries` as its columns' values.
Row = dict[str, Any]


class Standing(NamedTuple):
    """How good an entry is, and of when."""

    verdict: str
    measured_at: datetime | None


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
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert(Entry) if on_sqlite else postgresql.insert(Entry)
    replaced = {name: insert.excluded[name] for name in ("verdict", "measured_at", "document", "sessions")}
    session.execute(insert.on_conflict_do_update(index_elements=["table_id", "workload_key"], set_=replaced), rows)


def documents(session: Session, table_id: str, keys: Collection[str] | None = None) -> dict[str, str]:
    """Return entries as canonical JSON, sorted bytewise by key: those among `keys`, or all."""
    query = select(Entry.workload_key, Entry.document).where(Entry.table_id == table_id)
    if keys is not None:
        query = query.where(among(session, Entry.workload_key, keys))
    # Databases sort text by their own rules; keys are ASCII, which Python sorts bytewise.
    return dict(sorted((key, document) for key, document in session.execute(query)))


def standings(session: Session, table_id: str, keys: Collection[str]) -> dict[str, Standing]:
    """Return how good the entries among the keys are, by key."""
    query = select(Entry.workload_key, Entry.verdict, Entry.measured_at).where(Entry.table_id == table_id)
    rows = session.execute(query.where(among(session, Entry.workload_key, keys)))
    return {key: Standing(verdict, measured_at) for key, verdict, measured_at in rows}


def tables_with(session: Session, key: str) -> Sequence[str]:
    """Return the ids of the tables that have a value for a workload."""
    return session.scalars(select(Entry.table_id).where(Entry.workload_key == key)).all()
