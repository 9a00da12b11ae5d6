"""Registrar: says to the service what this device is, and again whenever that changes."""

from importlib.metadata import version

import structlog

from device_agents.child import ChildLauncher
from device_agents.client import ServiceClient
from device_agents.environment import describe_device, read_state
from device_agents.host_files import HostFiles
from device_agents.measuring import probe_runtime
from latency_service.contract.conditions import RuntimeName
from latency_service.contract.device import DeviceName, RuntimeStatus
from latency_service.contract.errors import LatencyError
from latency_service.contract.messages import DeviceRegistered, DeviceRegistration

log = structlog.get_logger()


class NoWorkingRuntime(LatencyError):
    """None of the runtimes that the agent was told to use works on this host."""

    code = "no_working_runtime"


def agent_version() -> str:
    """Return the version of the installed distribution."""
    return version("proxyless-latency")


def probe_runtimes(launcher: ChildLauncher, names: tuple[RuntimeName, ...]) -> dict[RuntimeName, RuntimeStatus]:
    """Probe runtimes, each in a child of its own; warn of those that do not work."""
    statuses = {name: probe_runtime(launcher, name) for name in names}
    for name, status in statuses.items():
        if not status.available:
            log.warning("a runtime does not work here", runtime=name, reason=status.reason)
    return statuses


class Registrar:
    """Registers the device when it is first asked, when the host has changed, and after `forget`.

    Args:
        client: The service.
        name: The device's name.
        statuses: What probing the runtimes has shown.
        files: Where the host is looked at.
        cores: The cores that jobs are measured on.

    Raises:
        NoWorkingRuntime: No runtime works.
    """

    def __init__(
        self,
        client: ServiceClient,
        name: DeviceName,
        statuses: dict[RuntimeName, RuntimeStatus],
        files: HostFiles,
        cores: tuple[int, ...],
    ) -> None:
        self._client = client
        self._name = name
        self._statuses = statuses
        self._files = files
        self._cores = cores
        self._registered: DeviceRegistered | None = None
        if not self.runtimes:
            reasons = "; ".join(f"{name}: {status.reason}" for name, status in statuses.items())
            raise NoWorkingRuntime(f"no runtime works here, so there is nothing to measure with ({reasons})")

    @property
    def runtimes(self) -> tuple[RuntimeName, ...]:
        """The runtimes that work."""
        return tuple(name for name, status in self._statuses.items() if status.available)

    def registered(self) -> DeviceRegistered:
        """Return the service's answer, after registering if that is needed."""
        state = read_state(self._files, self._cores)
        if self._registered is None or self._registered.device_state != state.fingerprint:
            registration = DeviceRegistration(
                name=self._name,
                description=describe_device(self._files, self._statuses),
                state=state,
                agent_version=agent_version(),
            )
            self._registered = self._client.register(registration)
            log.info("registered", device=self._name, device_state=state.fingerprint, runtimes=self.runtimes)
        return self._registered

    def forget(self) -> None:
        """Register again next time: the service no longer knows this device or its state."""
        self._registered = None
