"""Troubles: work that is stuck, and what was to be deleted and is there."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, case, distinct, exists, func, select
from sqlalchemy.orm import Session

from latency_service.tables import Device, Job, Lease, Measurement, MeasurementBody, Profile


def overdue_leases(session: Session, before: datetime) -> int:
    """Return how many leases ran out before a moment, and were not taken back."""
    query = select(func.count()).select_from(Lease)
    return session.scalar(query.where(Lease.ended_at.is_(None), Lease.expires_at < before)) or 0


def unattended_devices(session: Session, seen_before: datetime) -> Sequence[Row[str, int, datetime]]:
    """Return the devices that running profiles wait for and nobody spoke for since: name, profiles, last seen."""
    query = (
        select(Device.name, func.count(), Device.last_seen_at)
        .join(Profile, Profile.device_id == Device.id)
        .where(Profile.state == "running", Device.last_seen_at < seen_before)
        .group_by(Device.name, Device.last_seen_at)
    )
    return session.execute(query.order_by(Device.name)).all()


def failure_shares(session: Session, since: datetime, at_least: int) -> Sequence[Row[str, int, int]]:
    """Return, of each device that ended so many jobs since a moment, its name, how many failed and how many ended."""
    failed = func.sum(case((Job.state == "failed", 1), else_=0))
    query = (
        select(Device.name, failed, func.count())
        .join(Job, Job.device_id == Device.id)
        .where(Job.finished_at >= since, Job.state.in_(("succeeded", "failed")))
        .group_by(Device.name)
        .having(func.count() >= at_least)
    )
    return session.execute(query.order_by(Device.name)).all()


def poisonous_workloads(session: Session, devices: int) -> Sequence[str]:
    """Return the workloads that failed on so many devices, and were measured on none."""
    measured = exists().where(Measurement.workload_key == Job.workload_key)
    query = (
        select(Job.workload_key)
        .where(Job.state == "failed", ~measured)
        .group_by(Job.workload_key)
        .having(func.count(distinct(Job.device_id)) >= devices)
    )
    return session.scalars(query.order_by(Job.workload_key)).all()


def oldest_samples(session: Session) -> datetime | None:
    """Return when the oldest raw samples that are still there arrived."""
    query = select(Measurement.received_at).join(MeasurementBody, MeasurementBody.measurement_id == Measurement.id)
    return session.scalar(query.order_by(Measurement.sequence).limit(1))
