"""Results: what agents handed in, measurements and failed attempts, each under the UUID that its agent made."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, bindparam, insert, literal, select, union_all
from sqlalchemy.orm import Session

from latency_service.tables import FailedAttempt, Measurement, MeasurementBody


class EarlierResult(NamedTuple):
    """A result that came before.

    Attributes:
        leased: Whether it counted as its job's: the lease was alive and held the job.
    """

    body_hash: str
    leased: bool


_sent: BindParameter[str] = bindparam("results", expanding=True)
# Built once: SQLAlchemy takes longer to build a statement than PostgreSQL to run it.
_FIND = union_all(
    select(Measurement.id, Measurement.body_hash, Measurement.leased).where(Measurement.id.in_(_sent)),
    select(FailedAttempt.id, FailedAttempt.body_hash, literal(True)).where(FailedAttempt.id.in_(_sent)),
)


def find(session: Session, result_ids: Collection[str]) -> dict[str, EarlierResult]:
    """Return those of the results that came before, by their ids."""
    rows = session.connection().execute(_FIND, {"results": list(result_ids)})
    return {result_id: EarlierResult(body_hash, leased) for result_id, body_hash, leased in rows}


def add_measurements(session: Session, rows: Sequence[Measurement], bodies: Mapping[str, str]) -> None:
    """Append measurements and, apart, all of each as JSON text, by id."""
    session.add_all(rows)
    session.flush()
    values = [{"measurement_id": measurement_id, "body": body} for measurement_id, body in bodies.items()]
    session.execute(insert(MeasurementBody), values)


def add_failures(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Append why attempts gave no timing."""
    session.execute(insert(FailedAttempt), rows)


def crashes_of_others(session: Session, job_ids: Collection[str], agent_id: str) -> set[tuple[str, str]]:
    """Return with which messages the jobs crashed in the hands of other agents' lives: (job id, message)."""
    query = select(FailedAttempt.job_id, FailedAttempt.message).where(
        FailedAttempt.job_id.in_(job_ids),
        FailedAttempt.error_class == "crashed",
        FailedAttempt.agent_id.not_in(("", agent_id)),
    )
    return {(job_id, message) for job_id, message in session.execute(query)}
