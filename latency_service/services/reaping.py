"""Reaping: what time brings about on all devices. Requests see to it on theirs; this only makes it prompt."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from latency_service import tally
from latency_service.clock import Clock
from latency_service.database import Database
from latency_service.repositories import profiles, samples, turns
from latency_service.services import expiry, tending
from latency_service.settings import Settings

#: So that neither a request nor the next round waits for the deletion of a year's samples.
_SAMPLES_AT_ONCE = 2000
_DELETIONS_A_ROUND = 20


class Reaper:
    """Takes back what lies with agents that are gone, finishes and refreshes profiles, deletes old raw samples.

    A round is many short transactions. Of several replicas only one at a time is in any of them: who finds another one
    there passes it over.
    """

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._deleted_to = 0

    def do_round(self) -> None:
        """Look at everything once."""
        now = self._clock()
        self._database.write(lambda session: self._expire(session, now))
        for device_id in self._database.read(lambda session: profiles.devices_with_due(session, now)):
            self._tend(device_id, now)
        if self._settings.keep_samples_days is not None:
            self._delete_samples(now - timedelta(days=self._settings.keep_samples_days))

    def _expire(self, session: Session, now: datetime) -> None:
        if turns.is_reapers(session):
            expiry.expire_everywhere(session, self._settings, now)
            tally.count(session, "reaper_rounds")

    def _tend(self, device_id: str, now: datetime) -> None:
        def tend(session: Session) -> None:
            if turns.is_reapers(session):
                tending.tend(session, device_id, self._settings, now)

        self._database.write(tend)

    def _delete_samples(self, before: datetime) -> None:
        def delete(session: Session) -> int | None:
            if not turns.is_reapers(session):
                return None
            return samples.delete_old(session, self._deleted_to, before, _SAMPLES_AT_ONCE)

        for _ in range(_DELETIONS_A_ROUND):
            deleted_to = self._database.write(delete)
            if deleted_to is None:
                return
            self._deleted_to = deleted_to
