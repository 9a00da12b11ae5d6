"""HostDevice: the machine that the agent runs on."""

from dataclasses import dataclass, field

from device_agents.child.launcher import Launcher
from device_agents.child.measuring import probe_runtimes
from device_agents.environment import describe_device, read_state
from device_agents.host.files import HostFiles
from device_agents.host.nvidia import Nvml, open_nvml
from device_agents.runtimes.settings import RuntimeSettings
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.conditions import RuntimeName
from latency_service.contract.device import DeviceDescription, DeviceName, DeviceState, RuntimeStatus


@dataclass(frozen=True)
class HostDevice:
    """This host, as the daemon sees it; the attributes are those of MeasuredDevice.

    Attributes:
        runtimes: Those that its owner lets it use.
        files: Where the host is looked at.
        gpu_driver: The driver of its NVIDIA GPUs.
    """

    name: DeviceName
    cores: tuple[int, ...]
    max_threads: int
    runtimes: tuple[RuntimeName, ...]
    runtime_settings: RuntimeSettings
    together: int = 32
    rules: TimingRules = field(default_factory=TimingRules)
    files: HostFiles = field(default_factory=HostFiles)
    gpu_driver: Nvml | None = field(default_factory=open_nvml)

    def probe(self, launcher: Launcher) -> dict[RuntimeName, RuntimeStatus]:
        """Try the runtimes, each in a child of its own."""
        return probe_runtimes(launcher, self.runtimes, self.runtime_settings)

    def state(self) -> DeviceState:
        """Read the facts that change timings."""
        return read_state(self.files, self.cores, self.runtime_settings, self.gpu_driver)

    def description(self, statuses: dict[RuntimeName, RuntimeStatus]) -> DeviceDescription:
        """Return what the host is, for people."""
        return describe_device(self.files, statuses)
