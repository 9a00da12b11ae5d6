"""JSON: a snapshot as the service serves it, both ways."""

import hashlib
from collections.abc import Iterator
from itertools import chain
from typing import Any

import orjson

from latency_service.contract.errors import ImportRefused
from latency_service.interchange import flat_rows
from latency_service.interchange.reading import Reading
from latency_service.services.sheets import MOST_ROWS, Sheet


def read(content: bytes, reading: Reading) -> Sheet:
    """Return the entries of a snapshot; it needs no more members than `ops`.

    Raises:
        ImportRefused: It is no snapshot, or not what its id says.
    """
    if content.count(b"{") + content.count(b"[") > MOST_ROWS:
        raise ImportRefused(f"the file has more than {MOST_ROWS:,} objects and lists; no snapshot does")
    try:
        snapshot = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ImportRefused(f"the file is no JSON: {error}") from None
    if not isinstance(snapshot, dict):
        raise ImportRefused("the file is no snapshot: it must look like {'ops': [...], 'networks': [...], ...}")
    _check_id(snapshot)
    head = snapshot | {"table_source": snapshot.get("source")}
    rows = list(_entries(snapshot))
    return flat_rows.read(rows, rows[0][1] if rows else (), head, reading.unit)


def _entries(snapshot: dict[str, Any]) -> Iterator[flat_rows.NumberedCells]:
    both = [snapshot.get(member, []) for member in ("ops", "networks")]
    if not all(isinstance(entries, list) for entries in both):
        raise ImportRefused("the file's ops and networks must be lists")
    for number, entry in enumerate(chain(*both), start=1):
        if not isinstance(entry, dict):
            raise ImportRefused(f"entry {number} is no object")
        yield number, entry


def _check_id(snapshot: dict[str, Any]) -> None:
    """Return unless the snapshot names an id that is not the hash of its content."""
    told = snapshot.get("snapshot_id")
    content = {name: value for name, value in snapshot.items() if name != "snapshot_id"}
    if told is not None and hashlib.sha256(_canonical(content)).hexdigest()[:32] != told:
        raise ImportRefused(
            "the file is not what its snapshot_id says: it was damaged, or changed; take the member out if on purpose"
        )


def _canonical(content: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise ImportRefused(f"the file is no snapshot: {error}") from None
