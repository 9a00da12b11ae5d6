"""Leases and the jobs that each lent.

Whoever changes a lease, or what it holds, has its row locked: by the UPDATE that ends or prolongs it, or by `hold`. So
a result, a renewal, a release and the expiry of one lease come one after the other, whichever replicas they come to.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Row, bindparam, exists, select, update
from sqlalchemy.orm import Session

from latency_service.contract.errors import LeaseExpired
from latency_service.tables import Device, DeviceState, Job, Lease, LeaseJob

#: Of a job that names a lease: it has not ended. Were it put as a state, PostgreSQL might go through all active jobs of
#: all devices, whose index it takes for empty until it has counted anew.
IS_HELD = Job.finished_at.is_(None)
#: No lease is loaded as an object that a statement would have to change, too.
_UNSYNCHRONIZED = {"synchronize_session": False}


class HeldLease(NamedTuple):
    """A lease whose row is locked, be it alive or dead.

    Attributes:
        fingerprint: Of the state that the device was lent to in.
        present_fingerprint: Of the state that it is in now.
    """

    device_id: str
    state_id: int
    agent_id: str
    conditions_id: str
    expires_at: datetime
    ended_at: datetime | None
    device_name: str
    fingerprint: str
    present_fingerprint: str

    def is_alive(self, now: datetime) -> bool:
        """Say whether it has neither ended nor run out."""
        return self.ended_at is None and now < self.expires_at


class HeldJob(NamedTuple):
    """A job that a lease lent: the attempt that this was, and where the job is now."""

    id: str
    workload_key: str
    attempt: int
    attempts: int
    state: str
    lease_token: str | None


# Built once: SQLAlchemy takes longer to build a statement than PostgreSQL to run it.
_HOLD = (
    select(
        Lease.device_id,
        Lease.state_id,
        Lease.agent_id,
        Lease.conditions_id,
        Lease.expires_at,
        Lease.ended_at,
        Device.name,
        DeviceState.fingerprint,
        Device.fingerprint,
    )
    .join(Device, Device.id == Lease.device_id)
    .join(DeviceState, DeviceState.id == Lease.state_id)
    .where(Lease.token == bindparam("lease"))
    .with_for_update(of=Lease, key_share=True)
)
_HOLD_JOBS = (
    select(Job.id, Job.workload_key, LeaseJob.attempt, Job.attempts, Job.state, Job.lease_token)
    .join(LeaseJob, LeaseJob.job_id == Job.id)
    .where(LeaseJob.lease_token == bindparam("lease"), LeaseJob.job_id.in_(bindparam("jobs", expanding=True)))
    .order_by(Job.id)  # whoever locks several jobs does so in this order
    .with_for_update(of=Job, key_share=True)
)
_END_IF_IDLE = (
    update(Lease)
    .where(Lease.token == bindparam("lease"), Lease.ended_at.is_(None))
    .where(~exists().where(Job.lease_token == bindparam("lease"), IS_HELD))
    .values(ended_at=bindparam("now"))
    .returning(Lease.token)
)


def hold(session: Session, token: str) -> HeldLease:
    """Return a lease, and lock it until the transaction ends.

    Raises:
        LeaseExpired: There never was one with that token.
    """
    row = session.connection().execute(_HOLD, {"lease": token}).one_or_none()
    if row is None:
        raise _never_lent()
    return HeldLease(*row)


def check_was_lent(session: Session, token: str) -> None:
    """Return if there ever was a lease with that token.

    Raises:
        LeaseExpired: There was none.
    """
    if not session.scalar(select(exists().where(Lease.token == token))):
        raise _never_lent()


def hold_jobs(session: Session, token: str, job_ids: Collection[str]) -> dict[str, HeldJob]:
    """Return those of the jobs that the lease lent, by id, and lock them until the transaction ends."""
    rows = session.connection().execute(_HOLD_JOBS, {"lease": token, "jobs": list(job_ids)})
    return {row.id: HeldJob(*row) for row in rows}


def cancelled_jobs(session: Session, token: str) -> Sequence[str]:
    """Return the ids of the lease's jobs that nobody wants any more."""
    query = select(Job.id).join(LeaseJob, LeaseJob.job_id == Job.id)
    return session.scalars(query.where(LeaseJob.lease_token == token, Job.state == "cancelled")).all()


def prolong(session: Session, token: str, now: datetime, expires_at: datetime) -> str | None:
    """Let a lease that is alive last until `expires_at`; return its device's id, or None if it is not alive."""
    alive = update(Lease).where(Lease.token == token, Lease.ended_at.is_(None), Lease.expires_at > now)
    prolonged = alive.values(expires_at=expires_at).returning(Lease.device_id)
    return session.scalar(prolonged, execution_options=_UNSYNCHRONIZED)


def shorten(session: Session, device_id: str | None, longest: datetime, expires_at: datetime) -> None:
    """Let no lease of the device (of any) that would last beyond `longest` last beyond `expires_at`."""
    endless = update(Lease).where(Lease.ended_at.is_(None), Lease.expires_at > longest, *_of(device_id))
    session.execute(endless.values(expires_at=expires_at), execution_options=_UNSYNCHRONIZED)


def is_any_to_end(session: Session, device_id: str, now: datetime, longest: datetime) -> bool:
    """Say whether a lease of the device has run out, or would last beyond `longest`, and has not been ended."""
    due = (Lease.expires_at <= now) | (Lease.expires_at > longest)
    return bool(session.scalar(select(exists().where(Lease.device_id == device_id, Lease.ended_at.is_(None), due))))


def end_expired(session: Session, device_id: str | None, now: datetime) -> Sequence[Row[str, str]]:
    """End the leases of the device (of any) that ran out; return the token and the device's id of each.

    One that another transaction is at is passed over, for that one may be ending it, too.
    """
    expired = (
        select(Lease.token)
        .where(Lease.ended_at.is_(None), Lease.expires_at <= now, *_of(device_id))
        .with_for_update(skip_locked=True, key_share=True)
        .cte("expired")
    )
    ended = update(Lease).where(Lease.token.in_(select(expired.c.token))).values(ended_at=now)
    return session.execute(ended.returning(Lease.token, Lease.device_id), execution_options=_UNSYNCHRONIZED).all()


def end_alive(session: Session, now: datetime, token: str) -> list[str]:
    """End the lease if it is alive; return its token then."""
    return _end_alive(session, now, Lease.token == token)


def end_all_alive(session: Session, now: datetime, device_id: str, agent_id: str | None) -> list[str]:
    """End the leases of a device (of one agent's life, if told whose) that are alive; return their tokens."""
    of_agent = () if agent_id is None else (Lease.agent_id == agent_id,)
    return _end_alive(session, now, Lease.device_id == device_id, *of_agent)


def end_if_idle(session: Session, token: str, now: datetime) -> bool:
    """End a lease that holds no job any more; say whether it was that."""
    return session.connection().scalar(_END_IF_IDLE, {"lease": token, "now": now}) is not None


def _end_alive(session: Session, now: datetime, *which: ColumnElement[bool]) -> list[str]:
    ended = update(Lease).where(*which, Lease.ended_at.is_(None), Lease.expires_at > now).values(ended_at=now)
    return list(session.scalars(ended.returning(Lease.token), execution_options=_UNSYNCHRONIZED))


def _of(device_id: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if device_id is None else (Lease.device_id == device_id,)


def _never_lent() -> LeaseExpired:
    return LeaseExpired("this service never lent that lease; ask for another one")
