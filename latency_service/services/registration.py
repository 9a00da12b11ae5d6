"""Registration: devices and the agents that speak for them."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from latency_service.contract.device import DeviceId, DeviceState, Fingerprint
from latency_service.contract.errors import AgentTooOld, Conflict, Forbidden
from latency_service.contract.measurement import PROTOCOL_VERSION
from latency_service.contract.messages import Device, DeviceList, DeviceRegistered, DeviceRegistration
from latency_service.repositories import devices, fleet, owners
from latency_service.settings import Settings
from latency_service.tables import Device as DeviceRow
from latency_service.tables import DeviceState as StateRow

#: Agents that poll less often than half of this are not counted as the ones that ask.
_SEEN_LATELY = timedelta(minutes=5)


def register(
    session: Session,
    registration: DeviceRegistration,
    settings: Settings,
    now: datetime,
    key_id: str | None = None,
) -> DeviceRegistered:
    """Add or update a device; a state that is new to it becomes its present one, and the old one's tables stay.

    The device becomes the API key's of that id; None is for who may act for any device and owns none.

    Raises:
        AgentTooOld: The agent speaks an older measuring protocol than the service.
        Conflict: It speaks a newer one.
        Forbidden: The device is another key's, which has not been revoked.
    """
    check_protocol(registration.protocol_version)
    device = devices.register(session, registration, now)
    _claim(session, device, key_id)
    return DeviceRegistered(
        device_id=DeviceId(device.id),
        device_state=Fingerprint(device.fingerprint),
        poll_s=_poll_s(session, settings, now),
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


def _claim(session: Session, device: DeviceRow, key_id: str | None) -> None:
    if key_id is None:
        return
    owner = owners.of_device(session, device.name)
    assert owner is not None, "the device has just been registered"
    if owner.key_id not in (None, key_id):
        raise Forbidden(
            f"device {device.name!r} is another key's; give this one another name, or let an admin revoke that key"
        )
    device.owner_key_id = key_id


def _poll_s(session: Session, settings: Settings, now: datetime) -> float:
    """Return how long an idle agent is to wait, so that all of them together do not ask too often."""
    asking = fleet.count_devices(session, now - _SEEN_LATELY)
    longest_s = max(settings.poll_s, _SEEN_LATELY.total_seconds() / 2)
    return min(max(settings.poll_s, asking / settings.polls_per_s), longest_s)


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
        deregistered_at=device.deregistered_at,
    )
