"""The fleet at a glance: what waits for each device, who was seen, what is lent, how much was measured."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from latency_service.tables import Device, Job, Lease, Measurement


def queues(session: Session) -> Sequence[Row[str, int, datetime]]:
    """Return, of each device that anything waits for, its name, how many jobs do and since when the oldest does."""
    waiting = (
        select(Job.device_id, func.count().label("jobs"), func.min(Job.created_at).label("oldest"))
        .where(Job.state == "queued")
        .group_by(Job.device_id)
        .subquery()
    )
    query = select(Device.name, waiting.c.jobs, waiting.c.oldest).join(waiting, waiting.c.device_id == Device.id)
    return session.execute(query.order_by(waiting.c.jobs.desc(), Device.name)).all()


def live_leases(session: Session, now: datetime) -> int:
    """Return how many leases have neither ended nor run out."""
    query = select(func.count()).select_from(Lease)
    return session.scalar(query.where(Lease.ended_at.is_(None), Lease.expires_at > now)) or 0


def count_devices(session: Session, seen_since: datetime | None = None) -> int:
    """Return how many devices there are, or how many were seen since a moment."""
    query = select(func.count()).select_from(Device)
    if seen_since is not None:
        query = query.where(Device.last_seen_at >= seen_since)
    return session.scalar(query) or 0


def count_measurements(session: Session) -> int:
    """Return how many measurements were ever appended, as their sequence has it: at most a few too many."""
    return session.scalar(select(func.max(Measurement.sequence))) or 0
