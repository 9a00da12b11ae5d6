"""Deregistration: an agent says goodbye."""

from datetime import datetime

from sqlalchemy.orm import Session

from latency_service.repositories import devices
from latency_service.services import leasing
from latency_service.settings import Settings


def deregister(session: Session, name: str, settings: Settings, now: datetime, agent_id: str | None = None) -> None:
    """Lend the device nothing until it registers again, and take back what it has not measured, at no attempt's cost.

    Where one life of an agent says goodbye, only its leases are taken back: another agent that bears the same name
    measures on, and registers again when it asks for more. The device's measurements, tables and queue stay. One that
    has said goodbye already may do so again.

    Raises:
        DeviceNotFound: No device of that name has registered.
    """
    device = devices.lock(session, devices.get(session, name).id)
    device.deregistered_at = device.deregistered_at or now
    leasing.release_all(session, device.id, agent_id, settings, now)
