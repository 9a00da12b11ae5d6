"""Snapshots, as the bytes that are served."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Row, select, tuple_, update
from sqlalchemy.orm import Session

from latency_service.contract.errors import SnapshotNotFound
from latency_service.repositories.bulk import among, insert_missing
from latency_service.tables import LatencyTable, Snapshot


class Counts(NamedTuple):
    """How many entries a snapshot has, and how many of these are predicted."""

    entries: int
    predicted: int = 0


def add(session: Session, snapshot_id: str, table_id: str, content: bytes, counts: Counts, now: datetime) -> None:
    """Store a snapshot, compressed with zstd, where it is new, and make it its table's latest."""
    row = {"id": snapshot_id, "table_id": table_id, "content": content, "encoding": "zstd"}
    insert_missing(session, Snapshot, [row | counts._asdict() | {"created_at": now}])
    latest = update(LatencyTable).where(LatencyTable.id == table_id)
    session.execute(latest.values(latest_snapshot_id=snapshot_id))


def get(session: Session, snapshot_id: str) -> Snapshot:
    """Return a snapshot.

    Raises:
        SnapshotNotFound: None has that id.
    """
    snapshot = session.get(Snapshot, snapshot_id)
    if snapshot is None:
        raise SnapshotNotFound(f"no snapshot has the id {snapshot_id!r}; GET /v1/tables names each table's latest")
    return snapshot


def predicted(session: Session, snapshot_ids: Collection[str]) -> dict[str, int]:
    """Return how many entries of snapshots are predicted, by id; those without any are left out."""
    quick = select(Snapshot.id, Snapshot.predicted).where(Snapshot.predicted > 0)
    return dict(iter(session.execute(quick.where(among(session, Snapshot.id, snapshot_ids)))))


def of_table(session: Session, table_id: str, before: str | None, limit: int) -> Sequence[Row[str, datetime, int]]:
    """Return id, time and number of entries of a table's snapshots, the newest first: those older than another one."""
    when = tuple_(Snapshot.created_at, Snapshot.id)
    query = select(Snapshot.id, Snapshot.created_at, Snapshot.entries).where(Snapshot.table_id == table_id)
    if before is not None:
        query = query.where(
            when < select(Snapshot.created_at, Snapshot.id).where(Snapshot.id == before).scalar_subquery()
        )
    return session.execute(query.order_by(Snapshot.created_at.desc(), Snapshot.id.desc()).limit(limit)).all()
