"""Entries: the current value of each workload in a table, by the rule of services/combining.py."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

import orjson
from sqlalchemy.orm import Session

from latency_service.contract.keys import KEY_VERSION
from latency_service.contract.messages import Entry
from latency_service.contract.network import WorkloadKey
from latency_service.repositories import entries
from latency_service.services.combining import MOST_SESSIONS, Timing, combine
from latency_service.tables import Measurement

#: One session of a workload, as `entries.sessions` keeps it: the members of Timing, and where they come from.
StoredSession = dict[str, Any]

_ZERO_PREFIX = f"{KEY_VERSION}-zero-"
_TIMING_MEMBERS = ("median_ms", "ci_low_ms", "ci_high_ms", "n", "verdict")


def is_zero_key(key: str) -> bool:
    """Say whether a key names a Zero, which costs nothing by definition and is never measured."""
    return key.startswith(_ZERO_PREFIX)


def zero_entry(key: str) -> Entry:
    """Return the entry of a Zero."""
    return Entry(
        workload=WorkloadKey(key),
        latency_ms=0.0,
        ci_low_ms=0.0,
        ci_high_ms=0.0,
        n=0,
        verdict="ok",
        source="definition",
        sessions=0,
        measured_at=None,
        measurement_id=None,
    )


def current_entries(session: Session, table_id: str, keys: Collection[str] | None = None) -> dict[str, Entry]:
    """Return the entries of a table, by key: those among `keys`, or all."""
    found = entries.documents(session, table_id, keys)
    return {key: Entry.model_validate_json(document) for key, document in found.items()}


def absorb(session: Session, table_id: str, measurements: Sequence[Measurement]) -> None:
    """Let stored measurements of a table count in its entries, whatever the order in which they come."""
    by_key = sorted(measurements, key=attrgetter("workload_key"))
    arrived = {key: [stored_session(row) for row in rows] for key, rows in groupby(by_key, attrgetter("workload_key"))}
    entries.lock(session, table_id)
    known = entries.sessions(session, table_id, arrived)
    rows = (entry_row(table_id, key, [*known.get(key, ()), *new]) for key, new in arrived.items())
    entries.put(session, [row for row in rows if row is not None])


def encode(members: dict[str, Any]) -> str:
    """Return an entry's members as canonical JSON."""
    return orjson.dumps(members, option=orjson.OPT_SORT_KEYS).decode()


def stored_session(row: Measurement) -> StoredSession:
    """Return what an entry keeps of a measurement."""
    summary = row.summary
    return {
        "sequence": row.sequence,
        "measurement_id": row.id,
        "measured_at": row.finished_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "verdict": row.verdict,
        **{name: summary[name] for name in ("median_ms", "ci_low_ms", "ci_high_ms", "n")},
    }


def entry_row(table_id: str, key: str, sessions: Iterable[StoredSession]) -> entries.Row | None:
    """Return the row that follows from a workload's sessions, or None where none of them is usable."""
    newest_first = sorted(sessions, key=itemgetter("sequence"), reverse=True)
    kept = [each for each in newest_first if each["verdict"] == "ok"][:MOST_SESSIONS]
    kept = kept or [each for each in newest_first if each["verdict"] == "noisy"][:1]
    value = combine([Timing(**{name: each[name] for name in _TIMING_MEMBERS}) for each in kept])
    if value is None:
        return None
    latest = kept[0]
    members = {
        "workload": key,
        **vars(value),
        "source": "measured",
        "measured_at": latest["measured_at"],
        "measurement_id": latest["measurement_id"],
    }
    return {
        "table_id": table_id,
        "workload_key": key,
        "verdict": value.verdict,
        "measured_at": datetime.fromisoformat(latest["measured_at"]),
        "document": encode(members),
        "sessions": kept,
    }
