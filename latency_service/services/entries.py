"""Entries: the current value of each workload in a table."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from latency_service.contract.keys import KEY_VERSION
from latency_service.contract.messages import Entry, MeasurementId
from latency_service.contract.network import WorkloadKey
from latency_service.contract.summary import Summary
from latency_service.repositories import measurements
from latency_service.tables import Measurement

_ZERO_PREFIX = f"{KEY_VERSION}-zero-"


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
        measured_at=None,
        measurement_id=None,
    )


def current_entries(session: Session, table_id: str, keys: Collection[str] | None = None) -> dict[str, Entry]:
    """Return the measured entries of a table, by key: those among `keys`, or all, sorted."""
    rows = measurements.current(session, table_id, keys)
    return {row.workload_key: _measured_entry(row) for row in rows}


def _measured_entry(row: Measurement) -> Entry:
    summary = Summary.model_validate(row.summary)
    return Entry.model_validate(
        {
            "workload": row.workload_key,
            "latency_ms": summary.median_ms,
            "ci_low_ms": summary.ci_low_ms,
            "ci_high_ms": summary.ci_high_ms,
            "n": summary.n,
            "verdict": row.verdict,
            "measured_at": row.finished_at,
            "measurement_id": MeasurementId(row.id),
        }
    )
