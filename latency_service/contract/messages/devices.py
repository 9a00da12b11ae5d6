"""Who a device is, and the intervals it is to keep."""

from pydantic import AwareDatetime, Field

from latency_service.contract.device import DeviceDescription, DeviceId, DeviceName, DeviceState, Fingerprint
from latency_service.contract.limits import LARGEST_SMALL_INTEGER
from latency_service.contract.measurement import PROTOCOL_VERSION
from latency_service.contract.messages.base import Message


class DeviceRegistration(Message):
    """An agent says what its device is and in which state. Sent at start and whenever the state changes."""

    name: DeviceName
    description: DeviceDescription
    state: DeviceState
    agent_version: str = Field(max_length=64)
    protocol_version: int = Field(default=PROTOCOL_VERSION, ge=0, le=LARGEST_SMALL_INTEGER)


class DeviceRegistered(Message):
    """The service's answer: who the device is, and the intervals to keep."""

    device_id: DeviceId
    device_state: Fingerprint
    poll_s: float
    renew_s: float
    lease_s: float


class Device(Message):
    """A device as the service knows it.

    Attributes:
        description: Absent where no agent has ever spoken for it: its tables were imported.
    """

    device_id: DeviceId
    name: DeviceName
    description: DeviceDescription | None
    device_state: Fingerprint
    facts: DeviceState
    agent_version: str
    registered_at: AwareDatetime
    last_seen_at: AwareDatetime
    deregistered_at: AwareDatetime | None = None


class DeviceList(Message):
    """All devices, by name."""

    devices: tuple[Device, ...]
