"""Expiry: what happens to jobs whose agent is gone."""

from datetime import datetime

from sqlalchemy.orm import Session

from latency_service.repositories import jobs, leases


def expire_leases(session: Session, device_id: str, max_attempts: int, now: datetime) -> None:
    """Queue the jobs of the device's expired leases again; those that had their last attempt fail.

    Nothing runs in the background: whoever asks for work or progress calls this first.
    """
    tokens = leases.expired_tokens(session, device_id, now)
    jobs.take_back(session, tokens, max_attempts, "crashed", "lease expired", now)
    leases.end(session, tokens, now)
