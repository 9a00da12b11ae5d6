"""MeasuredDevice: who is registered with the service, and how its jobs are to be measured."""

from typing import Protocol

from device_agents.child.launcher import Launcher
from device_agents.runtimes.settings import RuntimeSettings
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.conditions import RuntimeName
from latency_service.contract.device import DeviceDescription, DeviceName, DeviceState, RuntimeStatus


class MeasuredDevice(Protocol):
    """A device as the daemon sees it; one agent may serve several.

    Attributes:
        name: Its name in the service.
        max_threads: Jobs with more threads than this are left to others.
        cores: The cores of *this host* that its measuring child is pinned to; empty where it is not pinned.
        runtime_settings: What the child's runtimes are told.
        rules: The measuring protocol's numbers for this kind of device.
        together: Most jobs that are measured in the same rounds.
    """

    @property
    def name(self) -> DeviceName:
        """Its name in the service."""

    @property
    def max_threads(self) -> int:
        """Jobs with more threads than this are left to others."""

    @property
    def cores(self) -> tuple[int, ...]:
        """The cores of this host that its measuring child is pinned to."""

    @property
    def runtime_settings(self) -> RuntimeSettings:
        """What the child's runtimes are told."""

    @property
    def rules(self) -> TimingRules:
        """The measuring protocol's numbers for this kind of device."""

    @property
    def together(self) -> int:
        """Most jobs that are measured in the same rounds."""

    def probe(self, launcher: Launcher) -> dict[RuntimeName, RuntimeStatus]:
        """Say which runtimes work on it, and why others do not.

        Raises:
            DeviceAway: It cannot be asked now.
        """

    def state(self) -> DeviceState:
        """Return its present state; cheap, as it is asked before every lease.

        Raises:
            DeviceAway: It cannot be asked now.
        """

    def description(self, statuses: dict[RuntimeName, RuntimeStatus]) -> DeviceDescription:
        """Return what it is, for people.

        Raises:
            DeviceAway: It has never been asked, and cannot be now.
        """
