"""Following: how far a profile is now, after what time has brought about on its device."""

from datetime import datetime

from sqlalchemy.orm import Session

from latency_service.contract.messages import ProfileStatus
from latency_service.database import Database
from latency_service.repositories import profiles
from latency_service.services import progress, tending
from latency_service.settings import Settings


def follow(database: Database, profile_id: str, settings: Settings, now: datetime) -> ProfileStatus:
    """Return how far a profile is; nothing is written unless a lease expired, a profile settled or a refresh is due.

    Raises:
        ProfileNotFound: No profile has that id.
    """

    def look(session: Session) -> tuple[str, ProfileStatus | None]:
        device_id = profiles.get(session, profile_id).device_id
        is_due = tending.is_due(session, device_id, settings, now)
        return device_id, None if is_due else progress.profile_status(session, profile_id)

    device_id, status = database.read(look)
    if status is not None:
        return status
    database.write(lambda session: tending.tend(session, device_id, settings, now))
    return database.read(lambda session: progress.profile_status(session, profile_id))
