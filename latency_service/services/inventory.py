"""Inventory: every device with what waits for it, and whose it is."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from latency_service.contract.messages import Device
from latency_service.contract.messages.base import Message
from latency_service.repositories import api_keys, fleet
from latency_service.repositories import devices as devices_repository
from latency_service.services import registration


class Inventoried(Message):
    """A device, what waits for it and whose it is.

    Attributes:
        queued: How many jobs wait.
        oldest_at: Since when the oldest of them does.
        owner: The name of the API key that registered it.
    """

    device: Device
    queued: int
    oldest_at: datetime | None
    owner: str | None


def take(session: Session) -> Sequence[Inventoried]:
    """Return all devices, by name."""
    queues = {name: (jobs, oldest) for name, jobs, oldest in fleet.queues(session)}
    keys = {key.id: key.name for key in api_keys.list_all(session)}
    owners = {device.name: device.owner_key_id for device, _ in devices_repository.with_states(session)}

    def inventoried(device: Device) -> Inventoried:
        queued, oldest = queues.get(device.name, (0, None))
        owner = keys.get(owners[device.name] or "")
        return Inventoried(device=device, queued=queued, oldest_at=oldest, owner=owner)

    return [inventoried(device) for device in registration.list_devices(session).devices]


def take_one(session: Session, name: str) -> Inventoried:
    """Return one device.

    Raises:
        DeviceNotFound: No device of that name has registered.
    """
    registration.get_device(session, name)
    return next(each for each in take(session) if each.device.name == name)
