"""Registrar: says to the service what a device is, and again whenever that changes."""

from importlib.metadata import version

import structlog

from device_agents.child.launcher import Launcher
from device_agents.devices.base import MeasuredDevice
from device_agents.supervisor.client import ServiceClient
from latency_service.contract.conditions import RuntimeName
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.errors import LatencyError
from latency_service.contract.messages import DeviceRegistered, DeviceRegistration

log = structlog.get_logger()


class NoWorkingRuntime(LatencyError):
    """None of the runtimes that the agent was told to use works on the device."""

    code = "no_working_runtime"


def agent_version() -> str:
    """Return the version of the installed distribution."""
    return version("proxyless-latency")


class Registrar:
    """Registers a device when it is first asked, when the device has changed, and after `forget`.

    Args:
        client: The service.
        device: Who is registered.
        launcher: Starts the children that its runtimes are tried in, once.
    """

    def __init__(self, client: ServiceClient, device: MeasuredDevice, launcher: Launcher) -> None:
        self._client = client
        self._device = device
        self._launcher = launcher
        self._statuses: dict[RuntimeName, RuntimeStatus] = {}
        self._registered: DeviceRegistered | None = None

    @property
    def runtimes(self) -> tuple[RuntimeName, ...]:
        """The runtimes that work; none before the first registration."""
        return tuple(name for name, status in self._statuses.items() if status.available)

    def registered(self) -> DeviceRegistered:
        """Return the service's answer, after registering if that is needed.

        Raises:
            NoWorkingRuntime: No runtime works; they are tried anew the next time.
            DeviceAway: The device cannot be asked now.
            LatencyError: The service refuses the device.
        """
        if not self.runtimes:
            self._probe()
        state = self._device.state()
        if self._registered is None or self._registered.device_state != state.fingerprint:
            registration = DeviceRegistration(
                name=self._device.name,
                description=self._device.description(self._statuses),
                state=state,
                agent_version=agent_version(),
            )
            self._registered = self._client.register(registration)
            log.info("registered", device=self._device.name, device_state=state.fingerprint, runtimes=self.runtimes)
        return self._registered

    def forget(self) -> None:
        """Register again next time: the service no longer knows this device or its state."""
        self._registered = None

    def deregister(self, agent_id: str) -> None:
        """Say goodbye to the service that the device was registered with. One that is away or too old is let be.

        Args:
            agent_id: Of this life of the agent, whose leases end; another agent may bear the same name.
        """
        if self._registered is None:
            return
        try:
            self._client.deregister(self._device.name, agent_id)
        except LatencyError as error:
            log.warning("the service was not told goodbye", device=self._device.name, reason=str(error))
        self._registered = None

    def _probe(self) -> None:
        self._statuses = self._device.probe(self._launcher)
        if not self.runtimes:
            reasons = "; ".join(f"{name}: {status.reason}" for name, status in self._statuses.items())
            raise NoWorkingRuntime(f"no runtime works on {self._device.name}, so it cannot measure ({reasons})")
