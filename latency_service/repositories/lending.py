"""Lending: the next batch of a device's queue, taken so that no two agents get the same job."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Executable, Select, exists, insert, literal, select, update
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


def is_any_queued(session: Session, borrower: Borrower) -> bool:
    """Say whether anything waits that the borrower can do."""
    return bool(session.scalar(select(exists(_waiting(borrower)))))


def lend(
    session: Session, token: str, borrower: Borrower, max_jobs: int, now: datetime, expires_at: datetime
) -> Batch | None:
    """Lend the first job of the queue that the borrower can do, and the next ones under the same conditions.

    Each lending is an attempt. What another transaction is about to lend is passed over, not waited for. Nothing is
    written where nothing waits, or where the device has left the borrower's state.
    """
    conditions_id = _add_lease(session, token, borrower, now, expires_at)
    if conditions_id is None:
        return None
    rows = session.execute(_taking(token, borrower.device_id, conditions_id, max_jobs)).all()
    lent = select(Job.lease_token, Job.id, Job.attempts).where(Job.lease_token == token)
    session.execute(insert(LeaseJob).from_select(["lease_token", "job_id", "attempt"], lent))
    in_order = sorted(rows, key=lambda row: (row.precedence, row.position, row.created_at, row.id))
    return Batch(conditions_id, [LentJob(row.id, row.workload_key, row.attempts) for row in in_order])


def _add_lease(session: Session, token: str, borrower: Borrower, now: datetime, expires_at: datetime) -> str | None:
    """Add a lease under the conditions of the queue's head and return these; the head stays locked, so it is ours."""
    present = (DeviceState.device_id == Job.device_id) & (DeviceState.fingerprint == Device.fingerprint)
    head = (
        _waiting(borrower)
        .join(Device, Device.id == Job.device_id)
        .join(DeviceState, present)
        .where(Device.fingerprint == borrower.fingerprint)
        .with_only_columns(
            literal(token, Lease.token.type),
            Job.device_id,
            DeviceState.id,
            literal(borrower.agent_id, Lease.agent_id.type),
            Job.conditions_id,
            literal(now, Lease.created_at.type),
            literal(expires_at, Lease.expires_at.type),
        )
        .order_by(*_IN_ORDER)
        .limit(1)
        .with_for_update(of=Job, skip_locked=True, key_share=True)
    )
    columns = ["token", "device_id", "state_id", "agent_id", "conditions_id", "created_at", "expires_at"]
    return session.scalar(insert(Lease).from_select(columns, head).returning(Lease.conditions_id))


def _waiting(borrower: Borrower) -> Select[str]:
    able = Conditions.runtime.in_(borrower.runtimes) & (Conditions.threads <= borrower.max_threads)
    waiting = select(Job.id).join(Conditions, Conditions.id == Job.conditions_id)
    return waiting.where(Job.device_id == borrower.device_id, _QUEUED, able)


def _taking(token: str, device_id: str, conditions_id: str, max_jobs: int) -> Executable:
    # A common table expression is run once; a subquery with a LIMIT might be run for every row.
    batch = (
        select(Job.id)
        .where(Job.device_id == device_id, _QUEUED, Job.conditions_id == conditions_id)
        .order_by(*_IN_ORDER)
        .limit(max_jobs)
        .with_for_update(skip_locked=True, key_share=True)
        .cte("batch")
    )
    return (
        update(Job)
        .where(Job.id.in_(select(batch.c.id)))
        .values(state="leased", lease_token=token, attempts=Job.attempts + 1)
        .returning(Job.id, Job.workload_key, Job.attempts, Job.precedence, Job.position, Job.created_at)
        .execution_options(synchronize_session=False)
    )
