"""Entries: the current value of each workload in a table, by the rule of services/combining.py."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from math import isfinite
from operator import attrgetter, itemgetter
from typing import Any

import orjson
from sqlalchemy.orm import Session

from latency_service.contract.feeders import feeder_of
from latency_service.contract.keys import KEY_VERSION, parse_key
from latency_service.contract.messages import Entry, Placement
from latency_service.contract.network import WorkloadKey
from latency_service.repositories import entries
from latency_service.services.combining import MOST_SESSIONS, Combined, Timing, combine
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


def predicted_entry(key: str, latency_ms: float, interval_ms: tuple[float, float], in_context: bool) -> Entry:
    """Return the entry of an op that was not measured.

    Where those that it is predicted from were timed in context, so would it be, if it has a feeder.

    Digits beyond the seventh are noise, in which two machines may differ. An interval without an end is none.
    """
    values = [float(f"{value:.7g}") for value in (latency_ms, *interval_ms)]
    is_bounded = isfinite(values[2])
    return Entry(
        workload=WorkloadKey(key),
        latency_ms=values[0],
        ci_low_ms=values[1] if is_bounded else None,
        ci_high_ms=values[2] if is_bounded else None,
        n=0,
        verdict="ok",
        source="predicted",
        placement="in_context" if in_context and feeder_of(parse_key(key)) is not None else "isolated",
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
        "in_context": _standing_in_context(row),
    }


def entry_row(table_id: str, key: str, sessions: Iterable[StoredSession]) -> entries.Row | None:
    """Return the row that follows from a workload's sessions, or None where none of them is usable."""
    newest_first = sorted(sessions, key=itemgetter("sequence"), reverse=True)
    usable = [each for each in newest_first if each["verdict"] != "unfit"]
    if not usable:
        return None
    alone = _counting(usable)
    newest = usable[:MOST_SESSIONS]  # an older one may be of a device that has changed since
    in_context = _counting([each for each in newest if each.get("in_context")])
    value = _combined(in_context, "in_context") if in_context else _combined(alone, "isolated")
    latest = (in_context or alone)[0]
    members = {
        "workload": key,
        **vars(value),
        "source": "measured",
        "placement": "in_context" if in_context else "isolated",
        "isolated_ms": _combined(alone, "isolated").latency_ms if in_context else None,
        "measured_at": latest["measured_at"],
        "measurement_id": latest["measurement_id"],
    }
    return {
        "table_id": table_id,
        "workload_key": key,
        "verdict": value.verdict,
        "measured_at": datetime.fromisoformat(latest["measured_at"]),
        "document": encode(members),
        "sessions": [each for each in usable if each in alone or each in newest],
    }


def _counting(newest_first: Sequence[StoredSession]) -> Sequence[StoredSession]:
    """Return the newest `ok` sessions, or the newest one where none is `ok`."""
    return [each for each in newest_first if each["verdict"] == "ok"][:MOST_SESSIONS] or newest_first[:1]


def _standing_in_context(row: Measurement) -> dict[str, Any] | None:
    """Return what an op adds to its feeder's time, as the members of Timing, where that stands for the op."""
    context = row.in_context
    if context is None or context["reasons"]:
        return None
    ends = {name: context[name] for name in ("ci_low_ms", "ci_high_ms", "n")}
    # The machine may have run at another speed than its own, for feeder and chain alike: the difference cannot tell.
    return {"median_ms": context["latency_ms"], "verdict": row.verdict, **ends}


def _combined(newest_first: Sequence[StoredSession], placement: Placement) -> Combined:
    timings = newest_first if placement == "isolated" else [each["in_context"] for each in newest_first]
    value = combine([Timing(**{name: each[name] for name in _TIMING_MEMBERS}) for each in timings])
    assert value is not None, "a usable session has a value"
    return value
