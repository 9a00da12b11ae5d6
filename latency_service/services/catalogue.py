"""Catalogue: which tables there are, and what measurements they hold."""

from collections.abc import Collection, Sequence
from typing import cast

from sqlalchemy.orm import Session

from latency_service.contract.device import Fingerprint
from latency_service.contract.measurement import Measurement
from latency_service.contract.messages import (
    MeasurementPage,
    MeasurementRow,
    Provenance,
    SnapshotId,
    Table,
    TableId,
    TableList,
)
from latency_service.repositories import conditions, latency_tables, measurements, snapshots
from latency_service.repositories.latency_tables import TableRow
from latency_service.tables import Measurement as StoredMeasurement

_SHARED_MEMBERS = (
    "sequence",
    "table_id",
    "attempt",
    "leased",
    "summary",
    "in_context",
    "verdict",
    "reasons",
    "started_at",
    "finished_at",
    "received_at",
)


def list_tables(session: Session, device: str | None = None, **conditions: str | int | None) -> TableList:
    """Return the tables that match; those of the devices' present states first, then the newest."""
    return TableList(tables=_to_tables(session, latency_tables.find(session, device, **conditions)))


def get_table(session: Session, table_id: str) -> Table:
    """Return a table.

    Raises:
        TableNotFound: No table has that id.
    """
    return _to_tables(session, [latency_tables.get(session, table_id)])[0]


def tables_by_id(session: Session, table_ids: Collection[str]) -> tuple[Table, ...]:
    """Return tables; those of the devices' present states first, then the newest."""
    return _to_tables(session, latency_tables.find_by_id(session, table_ids))


def list_measurements(
    session: Session, table_id: str | None, key: str | None, after: int, limit: int, with_samples: bool
) -> MeasurementPage:
    """Return the next measurements after a sequence number, oldest first.

    Raises:
        TableNotFound: No table has that id.
    """
    if table_id is not None:
        latency_tables.get(session, table_id)
    rows = measurements.page(session, table_id, key, after, limit + 1)
    page = rows[:limit]
    bodies = measurements.bodies(session, [row.id for row in page]) if with_samples else {}
    return MeasurementPage(
        measurements=tuple(_to_message(row, bodies.get(row.id)) for row in page),
        next_after=page[-1].sequence if len(rows) > limit else None,
    )


def _to_tables(session: Session, rows: Sequence[TableRow]) -> tuple[Table, ...]:
    counts = latency_tables.count_entries(session, [table.id for table, *_ in rows])
    predicted = snapshots.predicted(
        session, [table.latest_snapshot_id for table, *_ in rows if table.latest_snapshot_id]
    )
    return tuple(
        Table(
            table_id=TableId(table.id),
            device=device.name,
            device_state=Fingerprint(state.fingerprint),
            is_current_state=latency_tables.is_present(table, device, state),
            conditions=conditions.from_row(conditions_row),
            protocol_version=table.protocol_version,
            entries=counts.get(table.id, 0),
            predicted=predicted.get(table.latest_snapshot_id or "", 0),
            latest_snapshot_id=SnapshotId(table.latest_snapshot_id) if table.latest_snapshot_id else None,
            provenance=cast(Provenance, table.provenance),
            source=table.source,
        )
        for table, device, state, conditions_row in rows
    )


def _to_message(row: StoredMeasurement, body: str | None) -> MeasurementRow:
    members = {name: getattr(row, name) for name in _SHARED_MEMBERS}
    members |= {"measurement_id": row.id, "workload": row.workload_key}
    measurement = Measurement.model_validate_json(body) if body is not None else None
    return MeasurementRow.model_validate(members | {"measurement": measurement})
