"""Cancellation: a profile that nobody wants any more."""

from datetime import datetime

from sqlalchemy.orm import Session

from latency_service import tally
from latency_service.contract.errors import Conflict
from latency_service.repositories import devices, profiles, queues


def cancel_profile(session: Session, profile_id: str, now: datetime) -> None:
    """End a profile, and those of its jobs that no other running profile wants; agents learn it when they renew.

    What was measured stays in the table, and is in its next snapshot; none is cut now. A profile that is done but kept
    fresh is no longer. One that is cancelled already stays as it is.

    Raises:
        ProfileNotFound: No profile has that id.
        Conflict: It is done.
    """
    profile = profiles.get(session, profile_id)
    devices.lock(session, profile.device_id)
    session.refresh(profile)
    if profile.state == "cancelled":
        return
    if profile.state == "done" and profile.refresh is None:
        raise Conflict(f"profile {profile_id} is done; there is nothing left to cancel")
    queues.cancel(session, profile_id, now)
    profile.state, profile.refresh_at = "cancelled", None
    profile.finished_at = profile.finished_at or now
    tally.count(session, "profiles", "cancelled")
