"""Registration: devices and the agents that speak for them."""

from datetime import datetime

from sqlalchemy.orm import Session

from latency_service.contract.device import DeviceId, DeviceState, Fingerprint
from latency_service.contract.errors import AgentTooOld, Conflict
from latency_service.contract.measurement import PROTOCOL_VERSION
from latency_service.contract.messages import Device, DeviceList, DeviceRegistered, DeviceRegistration
from latency_service.repositories import devices
from latency_service.settings import Settings
from latency_service.tables import Device as DeviceRow
from latency_service.tables import DeviceState as StateRow


def register(session: Session, registration: DeviceRegistration, settings: Settings, now: datetime) -> DeviceRegistered:
    """Add or update a device; a state that is new to it becomes its present one, and the old one's tables stay.

    Raises:
        AgentTooOld: The agent speaks an older measuring protocol than the service.
        Conflict: It speaks a newer one.
    """
    check_protocol(registration.protocol_version)
    device = devices.register(session, registration, now)
    return DeviceRegistered(
        device_id=DeviceId(device.id),
        device_state=Fingerprint(device.fingerprint),
        poll_s=settings.poll_s,
        renew_s=settings.renew_s,
        lease_s=settings.lease_s,
    )


def list_devices(session: Session) -> DeviceList:
    """Return all devices, by name."""
    return DeviceList(devices=tuple(_to_message(*row) for row in devices.with_states(session)))


def get_device(session: Session, name: str) -> Device:
    """Return one device.

    Raises:
        DeviceNotFound: No device of that name has registered.
    """
    device = devices.get(session, name)
    return _to_message(device, devices.present_state(session, device))


def check_protocol(version: int) -> None:
    """Return if an agent measures by the protocol of this service.

    Raises:
        AgentTooOld: It measures by an older one.
        Conflict: It measures by a newer one.
    """
    if version < PROTOCOL_VERSION:
        raise AgentTooOld(
            f"the agent measures by protocol {version} and the service takes {PROTOCOL_VERSION}; upgrade the agent"
        )
    if version > PROTOCOL_VERSION:
        raise Conflict(
            f"the agent measures by protocol {version} and the service knows {PROTOCOL_VERSION}; upgrade the service"
        )


def _to_message(device: DeviceRow, state: StateRow) -> Device:
    return Device(
        device_id=DeviceId(device.id),
        name=device.name,
        description=devices.description(device),
        device_state=Fingerprint(device.fingerprint),
        facts=DeviceState(facts=state.facts),
        agent_version=device.agent_version,
        registered_at=device.registered_at,
        last_seen_at=device.last_seen_at,
    )
