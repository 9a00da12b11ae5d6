"""MeasuredDevice: who is registered with the service, and how its jobs are to be measured."""

from typing import Protocol

from device_agents.child import ChildLauncher
from device_agents.runtimes.settings import RuntimeSettings
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.conditions import RuntimeName
from latency_service.contract.device import DeviceDescription, DeviceName, DeviceState, RuntimeStatus


class MeasuredDevice(Protocol):
    """A device as the daemon sees it; one agent may serve several.

    Attributes:
        name: Its name in the service.
        cores: The cores of *this host* that its measuring child is pinned to; empty where it is not pinned.
        runtime_settings: What the child's runtimes are told.
        rules: The measuring protocol's numbers for this kind of device.
    """

    @property
    def name(self) -> DeviceName:
        """Its name in the service."""

    @property
    def cores(self) -> tuple[int, ...]:
        """The cores of this host that its measuring child is pinned to."""

    @property
    def runtime_settings(self) -> RuntimeSettings:
        """What the child's runtimes are told."""

    @property
    def rules(self) -> TimingRules:
        """The measuring protocol's numbers for this kind of device."""

    def probe(self, launcher: ChildLauncher) -> dict[RuntimeName, RuntimeStatus]:
        """Say which runtimes work on it, and why others do not."""

    def state(self) -> DeviceState:
        """Return its present state; cheap, as it is asked before every lease."""

    def description(self, statuses: dict[RuntimeName, RuntimeStatus]) -> DeviceDescription:
        """Return what it is, for people."""
