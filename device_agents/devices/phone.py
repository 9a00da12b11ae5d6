"""PhoneDevice: a phone as a device of its own, driven by this host over adb."""

from device_agents.child.launcher import Launcher
from device_agents.child.measuring import probe_runtimes
from device_agents.devices.phone_facts import cores, cpu_model, operating_system, phone_facts
from device_agents.devices.phone_files import PhoneFiles, read_phone_files
from device_agents.environment.memory import memory_bytes
from device_agents.runtimes.adb.benchmark_model import tool_version
from device_agents.runtimes.adb.client import Adb
from device_agents.runtimes.adb.readings import mask_cores
from device_agents.runtimes.settings import PhoneSettings, RuntimeSettings
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.conditions import RuntimeName
from latency_service.contract.device import DeviceDescription, DeviceName, DeviceState, RuntimeStatus

#: A sample is an invocation of `benchmark_model`, a fresh process that costs about a second with its cool-down: few of
#: them, each the mean of many runs. What differs by chance between processes (memory layout, core) thus differs between
#: samples, and is part of the interval. All but the clock's own rules are set here: their defaults are a host's.
PHONE_RULES = TimingRules(
    min_sample_ms=30.0,
    warmup_window=3,
    warmup_tolerance=0.02,
    warmup_max_s=0.5,
    round_samples=2,
    round_s=30.0,  # no slow invocation makes a round of one sample, and an untimed one before it
    min_rounds=4,
    min_samples=8,
    min_s=0.0,
    target_relative_ci=0.02,
    plateau_ratio=0.9,
    max_s=8.0,
    fewest_samples=6,
    patience_s=40.0,
    ok_relative_ci=0.05,
    reference_samples=3,
    reference_every_s=0.0,
    reference_max_share=0.1,  # a reading each 40 seconds or so: phones throttle within minutes
    speed_tolerance=0.03,
    max_stolen_share=1e6,  # a hypervisor takes time from the host, which only waits
    max_voided_share=0.5,
    unsteady_s=8.0,
)
_RUNTIMES: tuple[RuntimeName, ...] = ("adb",)


class PhoneDevice:
    """One phone; the attributes are those of MeasuredDevice.

    Args:
        settings: As this agent's owner has set it up.
    """

    rules = PHONE_RULES
    #: A turn of each takes seconds: a round of as many as a host measures together would take many minutes.
    together = 16
    #: The child only waits for the phone.
    cores: tuple[int, ...] = ()

    def __init__(self, settings: PhoneSettings) -> None:
        self.name: DeviceName = settings.name
        self.runtime_settings = RuntimeSettings(phone=settings)
        self._settings = settings
        self._adb = Adb(settings)
        self._cores = mask_cores(settings.taskset_mask)

    @property
    def max_threads(self) -> int:
        """The cores of its mask; without a mask those that it has, once it has been asked."""
        return max(1, len(self._cores))

    def probe(self, launcher: Launcher) -> dict[RuntimeName, RuntimeStatus]:
        """Say whether `benchmark_model` works on it; see `MeasuredDevice.probe`."""
        return probe_runtimes(launcher, _RUNTIMES, self.runtime_settings)

    def state(self) -> DeviceState:
        """Return its present state, with one command to the phone; see `MeasuredDevice.state`."""
        facts = phone_facts(self._ask(), max(self._cores, default=0))
        facts["benchmark_model"] = tool_version(self._settings)
        facts["taskset_mask"] = self._settings.taskset_mask or None
        facts["cool_down_s"] = self._settings.cool_down_s
        return DeviceState(facts=facts)

    def description(self, statuses: dict[RuntimeName, RuntimeStatus]) -> DeviceDescription:
        """Return what it is, for people; see `MeasuredDevice.description`."""
        files = self._ask()
        return DeviceDescription(
            operating_system=operating_system(files),
            architecture=files.text("uname -m") or "unknown",
            cpu_model=cpu_model(files),
            logical_cores=len(cores(files)) or 1,
            memory_bytes=memory_bytes(files) or 1,
            runtimes=statuses,
        )

    def _ask(self) -> PhoneFiles:
        files = read_phone_files(self._adb)
        self._cores = self._cores or cores(files)
        return files
