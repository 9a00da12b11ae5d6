"""AgentStatus: what this agent does and has done; written by the main loop, read by `/status`."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from device_agents.supervisor.heartbeat import Heartbeat
from device_agents.supervisor.registration import agent_version
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceName, Fingerprint
from latency_service.contract.measurement import ErrorClass, Verdict
from latency_service.contract.messages import JobResult, Lease

#: A main loop that has been silent for longer is stuck: longer than the longest call of an agent, one over adb.
STUCK_S = 180.0


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True)


class LeaseProgress(_Report):
    """How far the present batch is."""

    conditions: Conditions
    jobs: int
    answered: int


class DeviceReport(_Report):
    """One measured device.

    Attributes:
        doing: In a few words, what goes on there.
        device_state: Its fingerprint; None until it is registered.
        lease: Its present batch, if it has one.
        waiting: Results that the service has not got yet.
        unwritten: Those of them that are in memory alone, because the disk is full.
        rejected: Results that the service refused, kept aside.
    """

    name: DeviceName
    doing: str
    device_state: Fingerprint | None
    lease: LeaseProgress | None
    measured: dict[Verdict, int]
    failed: dict[ErrorClass, int]
    uploaded: int
    waiting: int
    unwritten: int
    rejected: int


class LastError(_Report):
    """The last thing that went wrong."""

    at: datetime
    message: str


class StatusReport(_Report):
    """What `/status` answers.

    Attributes:
        is_alive: Whether the main loop has been heard of lately.
        silent_s: Since when it has not.
        service_reachable: Whether the last call came through; None before the first.
    """

    version: str
    server: str
    is_alive: bool
    silent_s: float
    uptime_s: float
    is_draining: bool
    service_reachable: bool | None
    last_error: LastError | None
    devices: tuple[DeviceReport, ...]


@dataclass
class DeviceTally:
    """What one device does and has done."""

    doing: str = "starting"
    device_state: Fingerprint | None = None
    lease: LeaseProgress | None = None
    measured: Counter[Verdict] = field(default_factory=Counter)
    failed: Counter[ErrorClass] = field(default_factory=Counter)

    def begin(self, lease: Lease) -> None:
        """Note that a batch was leased."""
        self.lease = LeaseProgress(conditions=lease.conditions, jobs=len(lease.jobs), answered=0)

    def count(self, result: JobResult) -> None:
        """Note a result."""
        if result.measurement is not None:
            self.measured[result.measurement.verdict] += 1
        elif result.failure is not None:
            self.failed[result.failure.error_class] += 1
        if self.lease is not None:
            self.lease = self.lease.model_copy(update={"answered": self.lease.answered + 1})


class Reporting(Protocol):
    """Whoever can say how one device is."""

    def report(self) -> DeviceReport:
        """Say how the device is; may be asked by any thread."""


class AgentStatus:
    """What the whole agent does. Written by the main loop; read by the thread that answers `/status`.

    Each write is one assignment, so that a reader sees the value before or after it, and needs no lock.

    Args:
        server: The latency service's URL.
        devices: Those that the agent serves.
        heartbeat: Tells whether the main loop goes on.
        clock: Monotonic seconds.
    """

    def __init__(
        self, server: str, devices: Sequence[Reporting], heartbeat: Heartbeat, clock: Callable[[], float]
    ) -> None:
        self.is_draining = False
        self.service_reachable: bool | None = None
        self._server = server
        self._devices = devices
        self._heartbeat = heartbeat
        self._clock = clock
        self._started = clock()
        self._last_error: LastError | None = None

    def failed(self, message: str) -> None:
        """Note that something went wrong."""
        self._last_error = LastError(at=datetime.now(UTC), message=message)

    def report(self) -> StatusReport:
        """Say how the agent is."""
        silent_s = self._heartbeat.silent_s
        return StatusReport(
            version=agent_version(),
            server=self._server,
            is_alive=silent_s < STUCK_S,
            silent_s=round(silent_s, 1),
            uptime_s=round(self._clock() - self._started, 1),
            is_draining=self.is_draining,
            service_reachable=self.service_reachable,
            last_error=self._last_error,
            devices=tuple(device.report() for device in self._devices),
        )
