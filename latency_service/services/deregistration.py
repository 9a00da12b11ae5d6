"""Deregistration: an agent says goodbye."""

from datetime import datetime

from sqlalchemy.orm import Session

from latency_service.repositories import devices
from latency_service.services import leasing
from latency_service.settings import Settings


def deregister(session: Session, name: str, settings: Settings, now: datetime) -> None:
    """Lend the device nothing until it registers again, and take back what it has not measured, at no attempt's cost.

    Its measurements, tables and queue stay. A device that has said goodbye already may do so again.

    Raises:
        DeviceNotFound: No device of that name has registered.
    """
    device = devices.lock(session, devices.get(session, name).id)
    device.deregistered_at = device.deregistered_at or now
    leasing.release_all(session, device.id, settings, now)
