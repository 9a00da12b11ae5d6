"""The fleet at a glance, for whoever watches over it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from latency_service.repositories import fleet

#: An agent that is up asks for work or renews a lease more often than this, however large the fleet.
SEEN_LATELY = timedelta(minutes=5)


@dataclass(frozen=True)
class Queue:
    """What waits for one device."""

    device: str
    jobs: int
    oldest: datetime


@dataclass(frozen=True)
class Fleet:
    """The fleet at one moment; `queues` has the longest first.

    Attributes:
        measurements: How many there are; at most a few too many.
    """

    at: datetime
    queues: tuple[Queue, ...]
    devices: int
    devices_seen: int
    live_leases: int
    measurements: int


def look(session: Session, now: datetime) -> Fleet:
    """Return the fleet as it is now."""
    return Fleet(
        at=now,
        queues=tuple(Queue(name, jobs, oldest) for name, jobs, oldest in fleet.queues(session)),
        devices=fleet.count_devices(session),
        devices_seen=fleet.count_devices(session, now - SEEN_LATELY),
        live_leases=fleet.live_leases(session, now),
        measurements=fleet.count_measurements(session),
    )
