"""Leases and the jobs that each lent."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from latency_service.contract.errors import LeaseExpired
from latency_service.repositories.bulk import chunks
from latency_service.tables import Job, Lease, LeaseJob


def add(session: Session, lease: Lease, jobs: Sequence[Job]) -> None:
    """Lend the jobs; each lending is an attempt."""
    session.add(lease)
    session.flush()
    for job in jobs:
        job.state = "leased"
        job.lease_token = lease.token
        job.attempts += 1
    rows = [{"lease_token": lease.token, "job_id": job.id, "attempt": job.attempts} for job in jobs]
    session.execute(insert(LeaseJob), rows)


def get(session: Session, token: str) -> Lease:
    """Return a lease, be it alive or ended.

    Raises:
        LeaseExpired: There never was one with that token.
    """
    lease = session.get(Lease, token)
    if lease is None:
        raise LeaseExpired("this service never lent that lease; ask for another one")
    return lease


def lent_job(session: Session, token: str, job_id: str) -> Row[Job, int] | None:
    """Return a job of the lease and which attempt of the job the lease was."""
    query = select(Job, LeaseJob.attempt).join(LeaseJob, LeaseJob.job_id == Job.id)
    return session.execute(query.where(LeaseJob.lease_token == token, Job.id == job_id)).one_or_none()


def cancelled_jobs(session: Session, token: str) -> Sequence[str]:
    """Return the ids of the lease's jobs that nobody wants any more."""
    query = select(Job.id).join(LeaseJob, LeaseJob.job_id == Job.id)
    return session.scalars(query.where(LeaseJob.lease_token == token, Job.state == "cancelled")).all()


def shorten(session: Session, device_id: str, latest: datetime) -> None:
    """Let none of the device's leases last beyond `latest`."""
    alive = update(Lease).where(Lease.device_id == device_id, Lease.ended_at.is_(None))
    session.execute(alive.where(Lease.expires_at > latest).values(expires_at=latest))


def expired_tokens(session: Session, device_id: str, now: datetime) -> Sequence[str]:
    """Return the device's leases that ran out and have not been ended."""
    query = select(Lease.token).where(Lease.device_id == device_id, Lease.ended_at.is_(None))
    return session.scalars(query.where(Lease.expires_at <= now)).all()


def end(session: Session, tokens: Collection[str], now: datetime) -> None:
    """End the leases."""
    for chunk in chunks(tokens):
        session.execute(update(Lease).where(Lease.token.in_(chunk)).values(ended_at=now))
