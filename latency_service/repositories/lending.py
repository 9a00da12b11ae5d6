"""Lending: the next batch of a device's queue, taken so that no two agents get the same job."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    and_,
    bindparam,
    exists,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from latency_service.engines import is_sqlite
from latency_service.tables import Conditions, Device, DeviceState, Job, Lease, LeaseJob

#: Written out in the statements: a partial index serves no parameter.
_QUEUED = Job.state == literal("queued", literal_execute=True)
_IN_ORDER = (Job.precedence, Job.position, Job.created_at, Job.id)


class Borrower(NamedTuple):
    """An agent that asks for work.

    Attributes:
        fingerprint: Of the state that its device is in.
        agent_id: Names this life of the agent; empty where it has not said.
        runtimes: What it can run.
    """

    device_id: str
    fingerprint: str
    agent_id: str
    runtimes: Collection[str]
    max_threads: int


class LentJob(NamedTuple):
    """A job as it was just lent."""

    id: str
    workload_key: str
    attempt: int


class Batch(NamedTuple):
    """The jobs that were just lent, in the order of the queue."""

    conditions_id: str
    jobs: Sequence[LentJob]


# The statements are built once: SQLAlchemy takes longer to build one than PostgreSQL to run it.
_waiting = (
    select(Job.id)
    .join(Conditions, Conditions.id == Job.conditions_id)
    .where(Job.device_id == bindparam("borrower_device"), _QUEUED)
    .where(Conditions.runtime.in_(bindparam("borrower_runtimes", expanding=True)))
    .where(Conditions.threads <= bindparam("borrower_threads"))
)
_IS_ANY_QUEUED = select(exists(_waiting))
_head = (
    _waiting.join(Device, Device.id == Job.device_id)
    .join(DeviceState, and_(DeviceState.device_id == Device.id, DeviceState.fingerprint == Device.fingerprint))
    .where(Device.fingerprint == bindparam("borrower_fingerprint"))
    .with_only_columns(
        bindparam("lease", type_=Lease.token.type),
        Job.device_id,
        DeviceState.id,
        bindparam("borrower_agent", type_=Lease.agent_id.type),
        Job.conditions_id,
        bindparam("now", type_=Lease.created_at.type),
        bindparam("end", type_=Lease.expires_at.type),
    )
    .order_by(*_IN_ORDER)
    .limit(1)
    .with_for_update(of=Job, skip_locked=True, key_share=True)
)
_LEASE = ["token", "device_id", "state_id", "agent_id", "conditions_id", "created_at", "expires_at"]
_LEASE_JOB = ["lease_token", "job_id", "attempt"]


def _take(conditions_id: ColumnElement[str]) -> ReturningUpdate[*tuple[Any, ...]]:
    # A common table expression is run once; a subquery with a LIMIT might be run for every row.
    batch = (
        select(Job.id)
        .where(Job.device_id == bindparam("borrower_device"), _QUEUED, Job.conditions_id == conditions_id)
        .order_by(*_IN_ORDER)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True, key_share=True)
        .cte("batch")
    )
    return (
        update(Job)
        .where(Job.id.in_(select(batch.c.id)))
        .values(state="leased", lease_token=bindparam("lease"), attempts=Job.attempts + 1)
        .returning(*_IN_ORDER, Job.workload_key, Job.attempts, Job.conditions_id, Job.lease_token)
    )


#: Adds a lease under the conditions of the queue's head, which stays locked, so that the lease will not be empty.
_ADD_LEASE = insert(Lease).from_select(_LEASE, _head).returning(Lease.conditions_id)
_TAKE_JOBS = _take(bindparam("conditions"))
_NOTE_JOBS = insert(LeaseJob).from_select(
    _LEASE_JOB, select(Job.lease_token, Job.id, Job.attempts).where(Job.lease_token == bindparam("lease"))
)

# The same three in one statement, for PostgreSQL: of SQLite's, none writes to several tables.
_locked_head = _head.cte("head")
_taken = _take(select(_locked_head.c.conditions_id).scalar_subquery()).cte("taken")
_LEND_AT_ONCE = select(_taken).add_cte(
    insert(Lease).from_select(_LEASE, select(_locked_head)).cte("added"),
    insert(LeaseJob).from_select(_LEASE_JOB, select(_taken.c.lease_token, _taken.c.id, _taken.c.attempts)).cte("noted"),
)


def is_any_queued(session: Session, borrower: Borrower) -> bool:
    """Say whether anything waits that the borrower can do."""
    return bool(session.connection().scalar(_IS_ANY_QUEUED, _parameters(borrower)))


def lend(
    session: Session, token: str, borrower: Borrower, max_jobs: int, now: datetime, expires_at: datetime
) -> Batch | None:
    """Lend the first job of the queue that the borrower can do, and the next ones under the same conditions.

    Each lending is an attempt. What another transaction is about to lend is passed over, not waited for. Nothing is
    written where nothing waits, or where the device has left the borrower's state.
    """
    connection = session.connection()
    parameters = _parameters(borrower) | {"lease": token, "now": now, "end": expires_at, "most": max_jobs}
    lend_jobs = _lend_in_steps if is_sqlite(connection) else _lend_at_once
    rows = sorted(lend_jobs(connection, parameters), key=lambda row: row[: len(_IN_ORDER)])
    if not rows:
        return None
    return Batch(rows[0].conditions_id, [LentJob(row.id, row.workload_key, row.attempts) for row in rows])


def _lend_at_once(connection: Connection, parameters: dict[str, object]) -> Sequence[Row[Any]]:
    return connection.execute(_LEND_AT_ONCE, parameters).all()


def _lend_in_steps(connection: Connection, parameters: dict[str, object]) -> Sequence[Row[Any]]:
    conditions_id = connection.scalar(_ADD_LEASE, parameters)
    if conditions_id is None:
        return ()
    rows = connection.execute(_TAKE_JOBS, parameters | {"conditions": conditions_id}).all()
    connection.execute(_NOTE_JOBS, parameters)
    return rows


def _parameters(borrower: Borrower) -> dict[str, object]:
    return {
        "borrower_device": borrower.device_id,
        "borrower_fingerprint": borrower.fingerprint,
        "borrower_agent": borrower.agent_id,
        "borrower_runtimes": list(borrower.runtimes),
        "borrower_threads": borrower.max_threads,
    }
