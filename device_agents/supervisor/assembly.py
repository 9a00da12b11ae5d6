"""Assembly: the one place where an agent's parts are made and put together."""

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from uuid import uuid4

import httpx
import structlog

from device_agents.child.launcher import Launcher
from device_agents.config import AgentSettings
from device_agents.devices.base import MeasuredDevice
from device_agents.devices.host import HostDevice
from device_agents.devices.phone import PhoneDevice
from device_agents.host.core_lock import cores_held, phones_held
from device_agents.host.cores import allowed_cores, choose_cores, leave_to_child
from device_agents.supervisor.client import ServiceClient
from device_agents.supervisor.daemon import Daemon
from device_agents.supervisor.delivery import Delivery
from device_agents.supervisor.heartbeat import BeatingLauncher, Heartbeat
from device_agents.supervisor.lease_memory import LeaseMemory
from device_agents.supervisor.retry import Retry
from device_agents.supervisor.shutdown import Shutdown
from device_agents.supervisor.spool import Spool
from device_agents.supervisor.station import Common, Station
from device_agents.supervisor.status import AgentStatus
from device_agents.supervisor.status_server import serving_status
from device_agents.supervisor.systemd import Systemd
from latency_service.contract.loopback import travels_in_the_open

log = structlog.get_logger()

_TIMEOUT_S = 10.0


def run_agent(settings: AgentSettings, launcher: Launcher, on_status: Callable[[str], None]) -> None:
    """Run an agent in this process, from its main thread, until SIGTERM or SIGINT.

    Raises:
        AgentTooOld: The service no longer takes this agent's protocol.
        CoresTaken: Another agent measures there.
        PhoneTaken: Another agent drives a phone.
        LatencyError: The settings cannot be met here, or the service refuses what no waiting would mend.
        OSError: A folder cannot be written, or the status port is taken.
    """
    systemd = Systemd.from_environment()
    heartbeat = Heartbeat(time.monotonic, systemd)
    shutdown, rng = Shutdown(heartbeat.beat), random.Random()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: shutdown.request())

    def say(text: str) -> None:
        on_status(text)
        systemd.says(text)

    with held_devices(settings) as devices, connected(settings) as http:
        client = ServiceClient(http, Retry(sleep=shutdown.wait, rng=rng, is_over=lambda: shutdown.is_aborting))
        common = Common(
            client, BeatingLauncher(launcher, heartbeat), shutdown, rng, say, settings.max_jobs, uuid4().hex
        )
        stations = tuple(_station(device, settings, common) for device in devices)
        status = AgentStatus(str(settings.server), stations, heartbeat, time.monotonic)
        with _serving(status, settings):
            systemd.is_ready()
            Daemon(stations, shutdown, status, rng, time.monotonic).run()
            systemd.is_stopping()


def connected(settings: AgentSettings) -> httpx.Client:
    """Return a client of the service that sends the agent's key, if it has one.

    Raises:
        InvalidInput: What was given as the key is none.
        OSError: The key file cannot be read.
    """
    key = settings.api_key()
    if key is not None and travels_in_the_open(str(settings.server)):
        log.warning("whoever listens on the network can read the API key; use https", server=str(settings.server))
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=str(settings.server), headers=headers, timeout=_TIMEOUT_S)


@contextmanager
def held_devices(settings: AgentSettings) -> Iterator[tuple[MeasuredDevice, ...]]:
    """Yield the devices that the agent serves, held against other agents of this machine while the body runs.

    Raises:
        CoresTaken: Another agent measures there.
        PhoneTaken: Another agent drives a phone.
        InvalidInput: This host does not have the cores.
        OSError: The lock folder cannot be written.
    """
    phones = tuple(PhoneDevice(phone) for phone in settings.phones)
    with ExitStack() as stack:
        host = (_held_host(settings, stack),) if settings.host else ()
        stack.enter_context(phones_held([phone.serial for phone in settings.phones], settings.lock_dir))
        yield (*host, *phones)


def _held_host(settings: AgentSettings, stack: ExitStack) -> HostDevice:
    allowed = allowed_cores()
    cores = choose_cores(allowed, settings.cores, settings.threads)
    stack.enter_context(cores_held(cores, allowed, settings.lock_dir))
    leave_to_child(cores)
    return HostDevice(
        settings.name, cores, settings.threads, settings.runtimes, settings.runtime_settings, settings.jobs_together
    )


def _station(device: MeasuredDevice, settings: AgentSettings, common: Common) -> Station:
    folder = settings.device_dir(device.name)
    _warn_of_stranded_results(folder)
    delivery = Delivery(common.client, Spool(folder / "spool"), time.monotonic)
    return Station(device, delivery, LeaseMemory(folder / "leases"), common)


def _warn_of_stranded_results(folder: Path) -> None:
    """Say where results wait for another server, or for this one under another URL."""
    for other in folder.parent.glob("*/spool"):
        waiting = len(list(other.glob("*.json")))
        if waiting and other.parent != folder:
            log.warning("results wait for another server; run once with its URL", folder=str(other), waiting=waiting)


def _serving(status: AgentStatus, settings: AgentSettings) -> AbstractContextManager[object]:
    if settings.status_port is None:
        return nullcontext()
    return serving_status(status, settings.status_host, settings.status_port)
