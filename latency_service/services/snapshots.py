"""Snapshots: immutable cuts of a table, encoded once."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
import zstandard
from sqlalchemy.orm import Session

from latency_service.contract.errors import SnapshotNotFound
from latency_service.contract.messages import SnapshotCut, SnapshotId, SnapshotList, TableId
from latency_service.contract.network import is_network_key
from latency_service.repositories import conditions, entries, latency_tables, profiles, snapshots
from latency_service.services.completing import complete
from latency_service.services.correcting import current_correction
from latency_service.services.entries import encode as encode_entry
from latency_service.services.entries import zero_entry
from latency_service.tables import Snapshot as SnapshotRow

#: Of zstd: it takes half the time of the usual 3, and what it makes of entries is not larger.
_COMPRESSION_LEVEL = 1


def cut(session: Session, table_id: TableId, now: datetime) -> SnapshotId:
    """Cut the table as it stands; the same content gives the same snapshot.

    The Zero ops that profiles asked for are in it, although nothing is measured for them, and what quick profiles left
    to be predicted. So is the correction that follows from the table's anchors; null where these are too few, and
    always in an imported table.
    """
    table, device, state, conditions_row = latency_tables.get(session, table_id)
    documents = entries.documents(session, table_id)
    zeros: Sequence[str] = ()
    correction = transfer = None
    if table.provenance == "measured":
        zeros = profiles.zero_keys(session, device.id, conditions_row.id)
        completion = complete(session, table_id, documents)
        documents |= completion.documents
        transfer = completion.note
        correction = current_correction(session, device.id, conditions_row.id, table_id, documents)
    documents |= {key: encode_entry(zero_entry(key).model_dump(mode="json")) for key in zeros}
    head = {
        "table_id": table_id,
        "device": device.name,
        "device_state": state.fingerprint,
        "conditions": conditions.from_row(conditions_row).model_dump(),
        "protocol_version": table.protocol_version,
        "provenance": table.provenance,
        "source": table.source,
        "correction": correction.model_dump(mode="json") if correction else None,
        **({"transfer": transfer.model_dump(mode="json")} if transfer else {}),
    }
    snapshot_id, content = encode(head, documents)
    counts = snapshots.Counts(len(documents), transfer.predicted if transfer else 0)
    snapshots.add(session, snapshot_id, table_id, zstandard.compress(content, _COMPRESSION_LEVEL), counts, now)
    return snapshot_id


def encode(head: Mapping[str, Any], documents: Mapping[str, str]) -> tuple[SnapshotId, bytes]:
    """Return a snapshot's id and its canonical JSON: no spaces, members and entries sorted bytewise.

    Args:
        head: All members but the id and the entries.
        documents: The entries as canonical JSON, by key.

    Returns:
        The first 32 hex digits of the SHA-256 of the canonical JSON without the id, and that JSON with the id.
    """
    ops: list[str] = []
    networks: list[str] = []
    # Databases sort text by their own rules; Python sorts keys, which are ASCII, bytewise.
    for key in sorted(documents):
        (networks if is_network_key(key) else ops).append(documents[key])
    members = {name: orjson.dumps(value, option=orjson.OPT_SORT_KEYS) for name, value in head.items()}
    members |= {"ops": _array(ops), "networks": _array(networks)}
    snapshot_id = SnapshotId(hashlib.sha256(_object(members)).hexdigest()[:32])
    return snapshot_id, _object(members | {"snapshot_id": orjson.dumps(snapshot_id)})


def _array(documents: Sequence[str]) -> bytes:
    return f"[{','.join(documents)}]".encode()


def _object(members: Mapping[str, bytes]) -> bytes:
    """Return a JSON object; its members are copied once, as they may be large."""
    pieces = [b"{"]
    for name in sorted(members):
        pieces += (b'"%b":' % name.encode(), members[name], b",")
    return b"".join((*pieces[:-1], b"}"))


def latest_id(session: Session, table_id: str) -> SnapshotId:
    """Return the id of the table's latest snapshot.

    Raises:
        TableNotFound: No table has that id.
        SnapshotNotFound: None has been cut yet.
    """
    table = latency_tables.get(session, table_id)[0]
    if table.latest_snapshot_id is None:
        raise SnapshotNotFound(
            f"table {table_id} has no snapshot yet; one is cut when a profile of it is done (POST /v1/profiles)"
        )
    return SnapshotId(table.latest_snapshot_id)


def list_of_table(session: Session, table_id: str, before: str | None, limit: int) -> SnapshotList:
    """Return the snapshots of a table that were cut before another one, the newest first.

    Raises:
        TableNotFound: No table has that id.
        SnapshotNotFound: The table has no such other one.
    """
    latency_tables.get(session, table_id)
    if before is not None and snapshots.get(session, before).table_id != table_id:
        raise SnapshotNotFound(f"snapshot {before} is one of another table; hand `next_before` back as `before`")
    rows = snapshots.of_table(session, table_id, before, limit + 1)
    page = tuple(
        SnapshotCut(snapshot_id=SnapshotId(row.id), created_at=row.created_at, entries=row.entries)
        for row in rows[:limit]
    )
    next_before = page[-1].snapshot_id if len(rows) > limit else None
    return SnapshotList(table_id=TableId(table_id), snapshots=page, next_before=next_before)


def get(session: Session, snapshot_id: str) -> SnapshotRow:
    """Return a snapshot.

    Raises:
        SnapshotNotFound: None has that id.
    """
    return snapshots.get(session, snapshot_id)
