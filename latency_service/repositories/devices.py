"""Devices and the states they were ever in."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Row, and_, select, update
from sqlalchemy.orm import Session

from latency_service.contract.device import DeviceDescription, DeviceState
from latency_service.contract.errors import DeviceNotFound
from latency_service.contract.messages import DeviceRegistration
from latency_service.repositories.bulk import insert_missing
from latency_service.tables import Device
from latency_service.tables import DeviceState as StateRow


def get(session: Session, name: str) -> Device:
    """Return a device.

    Raises:
        DeviceNotFound: No device of that name has registered.
    """
    device = session.scalar(select(Device).where(Device.name == name))
    if device is None:
        raise DeviceNotFound(f"no device is called {name!r}; start an agent with `device-agent run --name {name}`")
    return device


def with_states(session: Session, name: str | None = None) -> Sequence[Row[Device, StateRow]]:
    """Return all devices, or the one of that name, each with its present state, by name."""
    present = and_(StateRow.device_id == Device.id, StateRow.fingerprint == Device.fingerprint)
    query = select(Device, StateRow).join(StateRow, present).order_by(Device.name)
    return session.execute(query if name is None else query.where(Device.name == name)).all()


def state(session: Session, device_id: str, fingerprint: str) -> StateRow | None:
    """Return a state that the device was ever in."""
    return session.scalar(select(StateRow).filter_by(device_id=device_id, fingerprint=fingerprint))


def present_state(session: Session, device: Device) -> StateRow:
    """Return the state that the device last registered."""
    row = state(session, device.id, device.fingerprint)
    assert row is not None, "registering writes the device and its state in one transaction"
    return row


def register(session: Session, registration: DeviceRegistration, now: datetime) -> Device:
    """Add or update a device and its state."""
    added = {"id": uuid4().hex, "name": registration.name, "registered_at": now}
    insert_missing(session, Device, [added | _told(registration, now)])
    session.execute(update(Device).where(Device.name == registration.name).values(_told(registration, now)))
    device = get(session, registration.name)
    _register_state(session, device.id, registration.state, now)
    return device


def mark_seen(session: Session, device_id: str, now: datetime) -> None:
    """Note that the device's agent called."""
    session.execute(update(Device).where(Device.id == device_id).values(last_seen_at=now))


def description(device: Device) -> DeviceDescription:
    """Return what the device said it is."""
    return DeviceDescription.model_validate(device.description)


def _told(registration: DeviceRegistration, now: datetime) -> dict[str, object]:
    return {
        "description": registration.description.model_dump(mode="json"),
        "fingerprint": registration.state.fingerprint,
        "agent_version": registration.agent_version,
        "protocol_version": registration.protocol_version,
        "last_seen_at": now,
    }


def _register_state(session: Session, device_id: str, present: DeviceState, now: datetime) -> None:
    key = {"device_id": device_id, "fingerprint": present.fingerprint}
    seen = {"facts": present.facts, "first_seen_at": now, "last_seen_at": now}
    insert_missing(session, StateRow, [key | seen])
    session.execute(update(StateRow).filter_by(**key).values(last_seen_at=now))
