"""Measurements as they are read: never changed or deleted (repositories/results.py appends them)."""

from collections.abc import Collection, Sequence

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from latency_service.repositories.bulk import chunks
from latency_service.tables import DeviceState, LatencyTable, Measurement, MeasurementBody

#: A measurement, the device's state at that time, and the protocol it was measured by.
HistoryRow = Row[Measurement, DeviceState, int]


def page(session: Session, table_id: str | None, key: str | None, after: int, limit: int) -> Sequence[Measurement]:
    """Return the next measurements after a sequence number, in the order they arrived."""
    return session.scalars(page_query(table_id, key, after, limit)).all()


def page_query(table_id: str | None, key: str | None, after: int, limit: int) -> Select[Measurement]:
    """Return the query of `page`, of which a test asks whether an index serves it."""
    query = select(Measurement).where(Measurement.sequence > after).order_by(Measurement.sequence).limit(limit)
    if key is not None:
        query = query.where(Measurement.workload_key == key)
        # The index begins with the table: where any will do, each is named, or all measurements would be read.
        tables = select(LatencyTable.id) if table_id is None else (table_id,)
        return query.where(Measurement.table_id.in_(tables))
    return query if table_id is None else query.where(Measurement.table_id == table_id)


def back_from(session: Session, measurement_id: str, verdict: str, limit: int) -> Sequence[Measurement]:
    """Return a measurement and those before it of the same workload, table and verdict, the newest first."""
    last = select(Measurement).where(Measurement.id == measurement_id).subquery()
    query = (
        select(Measurement)
        .join(last, Measurement.sequence <= last.c.sequence)
        .where(
            Measurement.table_id == last.c.table_id,
            Measurement.workload_key == last.c.workload_key,
            Measurement.verdict == verdict,
        )
    )
    return session.scalars(query.order_by(Measurement.sequence.desc()).limit(limit)).all()


def bodies(session: Session, ids: Collection[str]) -> dict[str, str]:
    """Return measurements as JSON text, raw samples included, by id."""
    found: dict[str, str] = {}
    for chunk in chunks(ids):
        query = select(MeasurementBody.measurement_id, MeasurementBody.body)
        rows = session.execute(query.where(MeasurementBody.measurement_id.in_(chunk)))
        found.update(iter(rows))
    return found


def of_workload(
    session: Session, device_id: str, conditions_id: str, key: str, before: int | None, limit: int
) -> Sequence[HistoryRow]:
    """Return a workload's latest measurements on a device, through all its states, with state and protocol version."""
    return session.execute(of_workload_query(device_id, conditions_id, key, before, limit)).all()


def of_workload_query(
    device_id: str, conditions_id: str, key: str, before: int | None, limit: int
) -> Select[Measurement, DeviceState, int]:
    """Return the query of `of_workload`, of which a test asks whether an index serves it."""
    query = (
        select(Measurement, DeviceState, LatencyTable.protocol_version)
        .join(LatencyTable, LatencyTable.id == Measurement.table_id)
        .join(DeviceState, DeviceState.id == LatencyTable.state_id)
        .where(DeviceState.device_id == device_id, LatencyTable.conditions_id == conditions_id)
        .where(Measurement.workload_key == key)
        .order_by(Measurement.sequence.desc())
        .limit(limit)
    )
    return query if before is None else query.where(Measurement.sequence < before)
