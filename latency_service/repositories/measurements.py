"""Measurements, never changed or deleted, and the current value of each workload that follows from them."""

from collections.abc import Collection, Sequence

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from latency_service.repositories.bulk import chunks
from latency_service.tables import FailedAttempt, Measurement, MeasurementBody


def add(session: Session, measurement: Measurement, body: str) -> None:
    """Append a measurement and, apart, all of it as JSON text."""
    session.add(measurement)
    session.flush()
    session.add(MeasurementBody(measurement_id=measurement.id, body=body))


def add_failure(session: Session, failure: FailedAttempt) -> None:
    """Append why an attempt gave no timing."""
    session.add(failure)


def find_result(session: Session, result_id: str) -> tuple[str, bool] | None:
    """Return the hash of the result that came under that id, and whether its lease was alive then."""
    query = select(Measurement.body_hash, Measurement.leased).where(Measurement.id == result_id)
    if (row := session.execute(query).one_or_none()) is not None:
        return row
    body_hash = session.scalar(select(FailedAttempt.body_hash).where(FailedAttempt.id == result_id))
    return None if body_hash is None else (body_hash, True)


def current(session: Session, table_id: str, keys: Collection[str] | None = None) -> list[Measurement]:
    """Return the measurement that holds for each of the workloads: the latest `ok` one, else the latest `noisy` one.

    No keys stand for all workloads of the table; they come sorted.
    """
    if keys is None:
        return list(session.scalars(_current(table_id).order_by(Measurement.workload_key)))
    found: list[Measurement] = []
    for chunk in chunks(keys):
        found.extend(session.scalars(_current(table_id, chunk)))
    return found


def page(session: Session, table_id: str | None, key: str | None, after: int, limit: int) -> Sequence[Measurement]:
    """Return the next measurements after a sequence number, in the order they arrived."""
    query = select(Measurement).where(Measurement.sequence > after).order_by(Measurement.sequence).limit(limit)
    if table_id is not None:
        query = query.where(Measurement.table_id == table_id)
    if key is not None:
        query = query.where(Measurement.workload_key == key)
    return session.scalars(query).all()


def bodies(session: Session, ids: Collection[str]) -> dict[str, str]:
    """Return measurements as JSON text, raw samples included, by id."""
    found: dict[str, str] = {}
    for chunk in chunks(ids):
        query = select(MeasurementBody.measurement_id, MeasurementBody.body)
        rows = session.execute(query.where(MeasurementBody.measurement_id.in_(chunk)))
        found.update(iter(rows))
    return found


def _current(table_id: str, keys: Collection[str] | None = None) -> Select[Measurement]:
    quality = case((Measurement.verdict == "ok", 0), else_=1)
    best_first = func.row_number().over(
        partition_by=Measurement.workload_key, order_by=(quality, Measurement.sequence.desc())
    )
    usable = select(Measurement.sequence, best_first.label("rank")).where(
        Measurement.table_id == table_id, Measurement.verdict.in_(("ok", "noisy"))
    )
    if keys is not None:
        usable = usable.where(Measurement.workload_key.in_(keys))
    ranked = usable.subquery()
    return select(Measurement).join(ranked, ranked.c.sequence == Measurement.sequence).where(ranked.c.rank == 1)
