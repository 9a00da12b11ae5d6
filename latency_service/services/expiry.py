"""Expiry: what happens to jobs whose agent is gone."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from latency_service.repositories import jobs, leases
from latency_service.settings import Settings


def expire_leases(session: Session, device_id: str, settings: Settings, now: datetime) -> None:
    """Queue the jobs of the device's expired leases again; those that had their last attempt fail.

    Nothing runs in the background: whoever asks for work or progress calls this first. A lease that would last for
    longer than any may is from before the clock was set back, and gets no more than a whole lease from now.
    """
    leases.shorten(session, device_id, now + timedelta(seconds=settings.lease_s))
    tokens = leases.expired_tokens(session, device_id, now)
    jobs.take_back(session, tokens, settings.max_attempts, "crashed", "lease expired", now)
    leases.end(session, tokens, now)
