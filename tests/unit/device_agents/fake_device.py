"""A measured device for tests: it changes, goes away and loses its runtimes when it is told to."""

from device_agents.child.launcher import Launcher
from device_agents.runtimes.base import DeviceAway
from device_agents.runtimes.settings import NOTHING_SET
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.conditions import RuntimeName
from latency_service.contract.device import DeviceDescription, DeviceName, DeviceState, RuntimeStatus

WORKS = RuntimeStatus(available=True, version="1.0")
BROKEN = RuntimeStatus(available=False, reason="no such module")


class FakeDevice:
    """A device that runs the fake runtime.

    Attributes:
        kernel: A fact of its state.
        is_away: While set, it cannot be reached.
        statuses: What probing its runtimes shows.
        probes: How often they were probed.
    """

    max_threads = 1
    cores: tuple[int, ...] = ()
    runtime_settings = NOTHING_SET
    rules = TimingRules()
    together = 32

    def __init__(self, name: DeviceName = "board") -> None:
        self.name = name
        self.kernel = "6.1"
        self.is_away = False
        self.statuses: dict[RuntimeName, RuntimeStatus] = {"fake": WORKS}
        self.probes = 0

    def probe(self, launcher: Launcher) -> dict[RuntimeName, RuntimeStatus]:
        self._be_there()
        self.probes += 1
        return self.statuses

    def state(self) -> DeviceState:
        self._be_there()
        return DeviceState(facts={"kernel": self.kernel})

    def description(self, statuses: dict[RuntimeName, RuntimeStatus]) -> DeviceDescription:
        return DeviceDescription(
            operating_system="none", architecture="none", cpu_model="none", logical_cores=1, memory_bytes=1
        )

    def _be_there(self) -> None:
        if self.is_away:
            raise DeviceAway("plug it in")
