"""Lending: the next batch of a device's queue, taken so that no two agents get the same job."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, and_, bindparam, exists, insert, literal, select, update
from sqlalchemy.orm import Session

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
#: Adds a lease under the conditions of the queue's head, which stays locked, so that the lease will not be empty.
_ADD_LEASE = (
    insert(Lease)
    .from_select(["token", "device_id", "state_id", "agent_id", "conditions_id", "created_at", "expires_at"], _head)
    .returning(Lease.conditions_id)
)
# A common table expression is run once; a subquery with a LIMIT might be run for every row.
_batch = (
    select(Job.id)
    .where(Job.device_id == bindparam("borrower_device"), _QUEUED)
    .where(Job.conditions_id == bindparam("conditions"))
    .order_by(*_IN_ORDER)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True, key_share=True)
    .cte("batch")
)
_TAKE_JOBS = (
    update(Job)
    .where(Job.id.in_(select(_batch.c.id)))
    .values(state="leased", lease_token=bindparam("lease"), attempts=Job.attempts + 1)
    .returning(*_IN_ORDER, Job.workload_key, Job.attempts)
)
_NOTE_JOBS = insert(LeaseJob).from_select(
    ["lease_token", "job_id", "attempt"],
    select(Job.lease_token, Job.id, Job.attempts).where(Job.lease_token == bindparam("lease")),
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
    connection, parameters = session.connection(), _parameters(borrower) | {"lease": token}
    conditions_id = connection.scalar(_ADD_LEASE, parameters | {"now": now, "end": expires_at})
    if conditions_id is None:
        return None
    rows = connection.execute(_TAKE_JOBS, parameters | {"conditions": conditions_id, "most": max_jobs}).all()
    connection.execute(_NOTE_JOBS, parameters)
    in_order = sorted(rows, key=lambda row: row[: len(_IN_ORDER)])
    return Batch(conditions_id, [LentJob(row.id, row.workload_key, row.attempts) for row in in_order])


def _parameters(borrower: Borrower) -> dict[str, object]:
    return {
        "borrower_device": borrower.device_id,
        "borrower_fingerprint": borrower.fingerprint,
        "borrower_agent": borrower.agent_id,
        "borrower_runtimes": list(borrower.runtimes),
        "borrower_threads": borrower.max_threads,
    }
