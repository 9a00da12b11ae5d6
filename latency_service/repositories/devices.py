"""Devices and the states they were ever in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Row, and_, select, update
from sqlalchemy.orm import Session

from latency_service.contract.device import DeviceDescription, DeviceState
from latency_service.contract.errors import DeviceNotFound
from latency_service.contract.messages import DeviceRegistration
from latency_service.repositories.bulk import insert_missing
from latency_service.tables import Device
from latency_service.tables import DeviceState as StateRow

#: A device that comes back to a state sooner than this, again and again, is two that share a name.
_SOON = timedelta(minutes=10)
_RETURNS_OF_ONE = 3


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


def lock(session: Session, device_id: str) -> Device:
    """Return the device as it is now, and let nobody else write to it, its profiles or its queue in this transaction.

    Rows that refer to it may still be added; who only notes that it was seen does not wait.
    """
    query = select(Device).where(Device.id == device_id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def register(session: Session, registration: DeviceRegistration, now: datetime) -> Device:
    """Add or update a device and its state, and return it locked."""
    told = _told(registration, now)
    insert_missing(session, Device, [told | {"id": uuid4().hex, "name": registration.name, "registered_at": now}])
    device = lock(session, get(session, registration.name).id)
    returned = device.fingerprint != registration.state.fingerprint
    for name, value in told.items():
        setattr(device, name, value)
    _register_state(session, device.id, registration.state, returned, now)
    return device


def ensure_imported(session: Session, name: str, imported: DeviceState, now: datetime) -> StateRow:
    """Return a state that stands for a source of imported values, after adding what is new of it.

    The device is added as well where it is not known; no agent speaks for it then, and it is in that state.
    """
    told = {"description": {}, "agent_version": "", "protocol_version": 0, "registered_at": now, "last_seen_at": now}
    new = told | {"id": uuid4().hex, "name": name, "fingerprint": imported.fingerprint}
    insert_missing(session, Device, [new])
    device = lock(session, get(session, name).id)
    if device.protocol_version == 0:
        device.fingerprint = imported.fingerprint
    _register_state(session, device.id, imported, False, now)
    row = state(session, device.id, imported.fingerprint)
    assert row is not None, "it was just registered"
    return row


def mark_seen(session: Session, device_id: str, now: datetime) -> None:
    """Note that the device's agent called, unless somebody is writing to the device just now."""
    unlocked = select(Device.id).where(Device.id == device_id).with_for_update(key_share=True, skip_locked=True)
    session.execute(
        update(Device).where(Device.id.in_(unlocked)).values(last_seen_at=now),
        execution_options={"synchronize_session": False},
    )


def flapping(session: Session, now: datetime) -> Sequence[str]:
    """Return the names of the devices whose state goes back and forth: two agents that bear one name, most likely."""
    query = select(Device.name).distinct().join(StateRow, StateRow.device_id == Device.id)
    again = query.where(StateRow.returns > _RETURNS_OF_ONE, StateRow.last_seen_at > now - _SOON)
    return session.scalars(again.order_by(Device.name)).all()


def description(device: Device) -> DeviceDescription | None:
    """Return what the device said it is; one that is known from an import alone has said nothing."""
    return DeviceDescription.model_validate(device.description) if device.description else None


def _told(registration: DeviceRegistration, now: datetime) -> dict[str, object]:
    return {
        "description": registration.description.model_dump(mode="json"),
        "fingerprint": registration.state.fingerprint,
        "agent_version": registration.agent_version,
        "protocol_version": registration.protocol_version,
        "last_seen_at": now,
        "deregistered_at": None,
    }


def _register_state(session: Session, device_id: str, present: DeviceState, returned: bool, now: datetime) -> None:
    key = {"device_id": device_id, "fingerprint": present.fingerprint}
    seen = {"facts": present.facts, "first_seen_at": now, "last_seen_at": now}
    insert_missing(session, StateRow, [key | seen])
    row = state(session, device_id, present.fingerprint)
    assert row is not None, "it is there now"
    if returned:
        row.returns = row.returns + 1 if row.first_seen_at < now < row.last_seen_at + _SOON else 0
    row.last_seen_at = now
