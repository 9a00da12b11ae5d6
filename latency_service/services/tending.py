"""Tending: what time brings about on a device, done by whoever next asks for its work or progress, or by the reaper."""

from datetime import datetime

from sqlalchemy.orm import Session

from latency_service.repositories import devices, profiles
from latency_service.services import profiling, refreshing
from latency_service.services.expiry import expire_leases, has_expired
from latency_service.settings import Settings


def is_due(session: Session, device_id: str, settings: Settings, now: datetime) -> bool:
    """Say whether there is anything for `tend` to do; nothing is written or locked."""
    return (
        has_expired(session, device_id, settings, now)
        or profiles.has_settled(session, device_id)
        or profiles.has_due_refresh(session, device_id, now)
    )


def tend(session: Session, device_id: str, settings: Settings, now: datetime) -> None:
    """Take back what lies with agents that are gone, finish the profiles that wait for nothing else, refresh others."""
    devices.lock(session, device_id)  # first of all: whoever holds it waits for jobs, and never the other way round
    expire_leases(session, device_id, settings, now)
    profiling.finish_settled(session, device_id, now)
    refreshing.refresh_due(session, device_id, now)
