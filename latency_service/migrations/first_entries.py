"""What revision 0003 fills the first entries with, and what the way back to it leaves of later ones.

A copy of the rule in services/combining.py and services/entries.py as it was when 0003 was written, because a migration
must go on doing what it once did. Why the rule is as it is, is said there.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby, islice
from operator import attrgetter, itemgetter
from typing import Any

import orjson
import sqlalchemy as sa

Session = dict[str, Any]

MOMENT = sa.DateTime(timezone=True)
ENTRIES = sa.table(
    "entries",
    *(sa.column(name) for name in ("table_id", "workload_key", "verdict", "document")),
    sa.column("measured_at", MOMENT),
    sa.column("sessions", sa.JSON),
)
_PORTION = 1000
_MOST_SESSIONS = 5
_Z95 = 1.9599639845400536
_CHI_SQUARE_95 = (3.841459, 5.991465, 7.814728, 9.487729)
_LEAST_RELATIVE_WIDTH = 1e-6


def fill_entries(connection: sa.Connection) -> None:
    """Insert the entries that follow from the measurements; none of these workloads may have one."""
    names = ("table_id", "workload_key", "sequence", "id", "verdict")
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in names]
    columns += [sa.column("summary", sa.JSON), sa.column("finished_at", MOMENT)]
    measurements = sa.table("measurements", *columns)
    usable = sa.select(measurements).where(measurements.c.verdict.in_(("ok", "noisy")))
    in_order = usable.order_by("table_id", "workload_key", "sequence").execution_options(yield_per=_PORTION)
    with connection.execute(in_order) as rows:
        filled = _entry_rows(rows)
        while portion := list(islice(filled, _PORTION)):
            connection.execute(ENTRIES.insert(), portion)


def _entry_rows(measurements: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for (table_id, key), rows in groupby(measurements, attrgetter("table_id", "workload_key")):
        row = entry_row(table_id, key, rows)
        if row is not None:
            yield row


def entry_row(table_id: str, key: str, measurements: Iterable[Any]) -> dict[str, Any] | None:
    """Return the row of `entries` that follows from a workload's measurements, or None where none is usable."""
    sessions = sorted(map(_session, measurements), key=itemgetter("sequence"), reverse=True)
    kept = [each for each in sessions if each["verdict"] == "ok"][:_MOST_SESSIONS]
    kept = kept or [each for each in sessions if each["verdict"] == "noisy"][:1]
    if not kept:
        return None
    latest = kept[0]
    told = {"workload": key, "source": "measured", "verdict": latest["verdict"]}
    told |= {name: latest[name] for name in ("measured_at", "measurement_id")}
    return {
        "table_id": table_id,
        "workload_key": key,
        "verdict": latest["verdict"],
        "measured_at": datetime.fromisoformat(latest["measured_at"]),
        "document": orjson.dumps(told | _value(kept), option=orjson.OPT_SORT_KEYS).decode(),
        "sessions": kept,
    }


def count_entries(content: bytes) -> int:
    """Return how many entries a snapshot has, given its JSON."""
    snapshot = orjson.loads(content)
    return len(snapshot["ops"]) + len(snapshot["networks"])


def _session(row: Any) -> Session:
    # SQLite knows no time zones; what it holds is UTC.
    finished_at = row.finished_at.astimezone(UTC) if row.finished_at.tzinfo else row.finished_at.replace(tzinfo=UTC)
    return {
        "sequence": row.sequence,
        "measurement_id": row.id,
        "measured_at": finished_at.isoformat().replace("+00:00", "Z"),
        "verdict": row.verdict,
        **{name: row.summary[name] for name in ("median_ms", "ci_low_ms", "ci_high_ms", "n")},
    }


def _value(newest_first: Sequence[Session]) -> dict[str, Any]:
    count = 1
    while count < len(newest_first) and _scatter(newest_first[: count + 1]) <= _CHI_SQUARE_95[count - 1]:
        count += 1
    if count == 1:
        latest = newest_first[0]
        interval = {name: latest[name] for name in ("ci_low_ms", "ci_high_ms", "n")}
        return {"latency_ms": latest["median_ms"], "sessions": 1, **interval}
    return _average(newest_first[:count])


def _average(sessions: Sequence[Session]) -> dict[str, Any]:
    mean, weight = _weighted_mean(sessions)
    birge = math.sqrt(max(1.0, _scatter(sessions) / (len(sessions) - 1)))
    half_width = _Z95 / math.sqrt(weight) * birge
    return {
        "latency_ms": mean,
        "ci_low_ms": max(0.0, mean - half_width),
        "ci_high_ms": mean + half_width,
        "n": sum(each["n"] for each in sessions),
        "sessions": len(sessions),
    }


def _scatter(sessions: Sequence[Session]) -> float:
    mean, _ = _weighted_mean(sessions)
    scatter: float = sum(_weight(each) * (each["median_ms"] - mean) ** 2 for each in sessions)
    return scatter


def _weighted_mean(sessions: Sequence[Session]) -> tuple[float, float]:
    weights = [_weight(each) for each in sessions]
    total = sum(weights)
    mean: float = sum(w * each["median_ms"] for w, each in zip(weights, sessions, strict=True)) / total
    return mean, total


def _weight(session: Session) -> float:
    width = max(session["ci_high_ms"] - session["ci_low_ms"], _LEAST_RELATIVE_WIDTH * session["median_ms"])
    return float((2 * _Z95 / width) ** 2)
