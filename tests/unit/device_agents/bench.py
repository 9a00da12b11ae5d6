"""A bench: a daemon over fake devices and the fake service, whose status line the test listens to."""

import random
from collections.abc import Callable
from pathlib import Path

import httpx

from device_agents.supervisor.client import ServiceClient
from device_agents.supervisor.daemon import Daemon
from device_agents.supervisor.delivery import Delivery
from device_agents.supervisor.heartbeat import Heartbeat
from device_agents.supervisor.lease_memory import LeaseMemory
from device_agents.supervisor.retry import Retry
from device_agents.supervisor.shutdown import Shutdown
from device_agents.supervisor.spool import Spool
from device_agents.supervisor.station import Common, Station
from device_agents.supervisor.status import AgentStatus
from device_agents.supervisor.systemd import Systemd
from tests.fake_service import FakeService
from tests.fake_worker import launcher
from tests.unit.device_agents.fake_device import FakeDevice

IDLE = "nothing to do"


class NotedShutdown(Shutdown):
    """Turns its clock instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    def now_s(self) -> float:
        return sum(self.waits)


class Bench:
    """A daemon that drains when there is nothing to do, unless told otherwise; its waits are noted and not slept.

    Attributes:
        shutdown: Notes how long the daemon wanted to wait.
        statuses: What the status line has said.
    """

    def __init__(
        self,
        service: FakeService,
        folder: Path,
        on_status: Callable[[str], None] | None = None,
        retry: Retry | None = None,
        devices: tuple[FakeDevice, ...] | None = None,
    ) -> None:
        self.shutdown = NotedShutdown()
        self.statuses: list[str] = []
        self.devices = devices or (FakeDevice(),)
        self._folder = folder
        self._on_status = on_status or self._drain_when_idle
        client = ServiceClient(httpx.Client(base_url=service.url), retry or Retry(sleep=lambda s: None, attempts=1))
        rng = random.Random(0)
        self._common = Common(client, launcher(), self.shutdown, rng, self._hear, max_jobs=32, agent_id="life-1")
        stations = tuple(self.station(device) for device in self.devices)
        clock = self.shutdown.now_s
        self.status = AgentStatus(service.url, stations, Heartbeat(clock, Systemd(None)), clock)
        self.daemon = Daemon(stations, self.shutdown, self.status, random.Random(0), clock)

    def station(self, device: FakeDevice) -> Station:
        """Return a station of a device."""
        leases = LeaseMemory(self._folder / device.name / "leases")
        delivery = Delivery(self._common.client, self.spool(device.name), self.shutdown.now_s)
        return Station(device, delivery, leases, self._common)

    def spool(self, name: str = "board") -> Spool:
        """Return a device's spool."""
        return Spool(self._folder / name / "spool")

    def _hear(self, text: str) -> None:
        self.statuses.append(text)
        self._on_status(text)

    def _drain_when_idle(self, text: str) -> None:
        if IDLE in text:
            self.shutdown.request()
