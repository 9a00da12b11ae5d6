"""Expiry: what happens to jobs whose agent is gone."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from latency_service.repositories import jobs, leases
from latency_service.settings import Settings
from latency_service.tally import count

#: By how much the clocks of two replicas may differ without a lease of the one looking endless to the other.
_CLOCK_SKEW = timedelta(seconds=10)


def has_expired(session: Session, device_id: str, settings: Settings, now: datetime) -> bool:
    """Say whether a lease of the device is to be ended or shortened."""
    return leases.is_any_to_end(session, device_id, now, _longest(settings, now))


def expire_leases(session: Session, device_id: str, settings: Settings, now: datetime) -> None:
    """Queue the jobs of the device's expired leases again; those that had their last attempt fail.

    Nothing need run in the background: whoever asks for work or progress sees to it. A lease that would last for
    longer than any may is from before the clock was set back, and gets no more than a whole lease from now.
    """
    _expire(session, device_id, settings, now)


def expire_everywhere(session: Session, settings: Settings, now: datetime) -> set[str]:
    """Do the same for all devices, and return the ids of those that a lease was ended of.

    Replicas may do so at the same moment: neither waits for what the other, or a request, is at.
    """
    return _expire(session, None, settings, now)


def _expire(session: Session, device_id: str | None, settings: Settings, now: datetime) -> set[str]:
    leases.shorten(session, device_id, _longest(settings, now), now + timedelta(seconds=settings.lease_s))
    expired = leases.end_expired(session, device_id, now)
    tokens = [row.token for row in expired]
    jobs.take_back(session, tokens, settings.max_attempts, "crashed", "lease expired", now)
    count(session, "leases", "expired", number=len(tokens))
    return {row.device_id for row in expired}


def _longest(settings: Settings, now: datetime) -> datetime:
    return now + timedelta(seconds=settings.lease_s) + _CLOCK_SKEW
