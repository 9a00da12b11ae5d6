"""Snapshots: immutable cuts of a table, encoded once."""

import hashlib
from datetime import datetime

import orjson
from sqlalchemy.orm import Session

from latency_service.contract.device import Fingerprint
from latency_service.contract.errors import SnapshotNotFound
from latency_service.contract.messages import Entry, Snapshot, SnapshotId, TableId
from latency_service.contract.network import is_network_key
from latency_service.repositories import conditions, latency_tables, profiles, snapshots
from latency_service.services.entries import current_entries, zero_entry
from latency_service.tables import Snapshot as SnapshotRow


def cut(session: Session, table_id: TableId, now: datetime) -> SnapshotId:
    """Cut the table as it stands; the same content gives the same snapshot.

    The Zero ops that profiles asked for are in it, although nothing is measured for them.
    """
    table, device, state, conditions_row = latency_tables.get(session, table_id)
    entries = current_entries(session, table_id)
    for key in profiles.zero_keys(session, device.id, conditions_row.id):
        entries[key] = zero_entry(key)
    ordered = [entries[key] for key in sorted(entries)]
    snapshot = Snapshot(
        snapshot_id=SnapshotId(""),
        table_id=table_id,
        device=device.name,
        device_state=Fingerprint(state.fingerprint),
        conditions=conditions.from_row(conditions_row),
        protocol_version=table.protocol_version,
        ops=tuple(entry for entry in ordered if not _is_network(entry)),
        networks=tuple(entry for entry in ordered if _is_network(entry)),
    )
    snapshot_id, content = encode(snapshot)
    snapshots.add(session, snapshot_id, table_id, content, now)
    return snapshot_id


def encode(snapshot: Snapshot) -> tuple[SnapshotId, bytes]:
    """Return the id that the snapshot's other members give it, and its canonical JSON with that id."""
    members = snapshot.model_dump(mode="json", exclude={"snapshot_id"})
    content = orjson.dumps(members, option=orjson.OPT_SORT_KEYS)
    snapshot_id = SnapshotId(hashlib.sha256(content).hexdigest()[:32])
    return snapshot_id, orjson.dumps(members | {"snapshot_id": snapshot_id}, option=orjson.OPT_SORT_KEYS)


def latest(session: Session, table_id: str) -> SnapshotRow:
    """Return the table's latest snapshot.

    Raises:
        TableNotFound: No table has that id.
        SnapshotNotFound: It has not been cut yet.
    """
    table = latency_tables.get(session, table_id)[0]
    if table.latest_snapshot_id is None:
        raise SnapshotNotFound(
            f"table {table_id} has no snapshot yet; one is cut when a profile of it is done (POST /v1/profiles)"
        )
    return snapshots.get(session, table.latest_snapshot_id)


def get(session: Session, snapshot_id: str) -> SnapshotRow:
    """Return a snapshot.

    Raises:
        SnapshotNotFound: None has that id.
    """
    return snapshots.get(session, snapshot_id)


def _is_network(entry: Entry) -> bool:
    return is_network_key(entry.workload)
