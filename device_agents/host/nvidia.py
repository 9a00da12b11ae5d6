"""NVIDIA GPUs by their management library (NVML, through nvidia-ml-py): what they are, and how they feel right now.

Without the package, the library or a GPU nothing is shown. What one GPU does not show is None.
"""

from importlib import import_module
from typing import Any

from device_agents.stopwatch.subject import Readings
from latency_service.contract.device import Fact

#: Why a GPU's clock may be below its maximum, by NVML's bits; idling and clocks that its owner set are no slowdown.
_SLOWDOWNS = {
    "power cap": 0x4,
    "hardware slowdown": 0x8,
    "sync boost": 0x10,
    "thermal (software)": 0x20,
    "thermal (hardware)": 0x40,
    "power brake": 0x80,
}


class Nvml:
    """NVML, initialised.

    Args:
        library: The module `pynvml`, or what answers like it.
    """

    def __init__(self, library: Any) -> None:
        self._library = library

    def ask(self, name: str, *arguments: object) -> Any:
        """Return what one of NVML's functions says, or None where it is not supported, not permitted or not there.

        Args:
            name: The function's, without `nvml` in front.
            arguments: What it takes.
        """
        try:
            return getattr(self._library, f"nvml{name}")(*arguments)
        except self._library.NVMLError:
            return None

    def gpus(self) -> list[Any]:
        """Return the handles of all GPUs that can be opened."""
        handles = (self.ask("DeviceGetHandleByIndex", index) for index in range(self.ask("DeviceGetCount") or 0))
        return [handle for handle in handles if handle is not None]

    def gpu(self, uuid: str) -> Any:
        """Return the handle of a GPU, or None where no GPU that NVML shows has that UUID."""
        return self.ask("DeviceGetHandleByUUID", uuid)

    def clock_mhz(self, getter: str, gpu: Any, domain: str) -> int | None:
        """Return what a function says of a clock domain, `SM` or `MEM`."""
        clock: int | None = self.ask(getter, gpu, getattr(self._library, f"NVML_CLOCK_{domain}"))
        return clock

    def temperature_c(self, gpu: Any) -> int | None:
        """Return a GPU's temperature."""
        temperature: int | None = self.ask("DeviceGetTemperature", gpu, self._library.NVML_TEMPERATURE_GPU)
        return temperature

    def watts(self, getter: str, gpu: Any) -> float | None:
        """Return what a function says in milliwatts."""
        milliwatts: int | None = self.ask(getter, gpu)
        return None if milliwatts is None else milliwatts / 1000


def open_nvml() -> Nvml | None:
    """Return NVML, or None on a host that has not the package or the library."""
    try:
        library = import_module("pynvml")
    except ImportError:
        return None
    try:
        library.nvmlInit()
    except library.NVMLError:
        return None
    return Nvml(library)


def gpu_facts(driver: Nvml | None) -> dict[str, Fact]:
    """Return the facts of the host's GPUs that change timings, `gpu0.name` and so on; stable between two looks."""
    if driver is None or not (gpus := driver.gpus()):
        return {}
    facts: dict[str, Fact] = {
        "nvidia.driver": driver.ask("SystemGetDriverVersion"),
        "nvidia.cuda_driver": _dotted(driver.ask("SystemGetCudaDriverVersion")),
    }
    for index, gpu in enumerate(gpus):
        facts |= {f"gpu{index}.{name}": fact for name, fact in _facts(driver, gpu).items()}
    return facts


def slowdowns(driver: Nvml | None) -> dict[str, tuple[str, ...]]:
    """Return what holds each GPU's clock down right now, by `gpu0` and so on; a healthy GPU has none."""
    if driver is None:
        return {}
    found = {}
    for index, gpu in enumerate(driver.gpus()):
        bits = driver.ask("DeviceGetCurrentClocksThrottleReasons", gpu) or 0
        found[f"gpu{index}"] = tuple(name for name, bit in _SLOWDOWNS.items() if bits & bit)
    return found


def read_gpu(driver: Nvml | None, uuid: str) -> Readings:
    """Return the present SM clock, temperature and power of a GPU."""
    gpu = None if driver is None else driver.gpu(uuid)
    if driver is None or gpu is None:
        return Readings()
    return Readings(
        clock_mhz=driver.clock_mhz("DeviceGetClockInfo", gpu, "SM"),
        temperature_c=driver.temperature_c(gpu),
        power_w=driver.watts("DeviceGetPowerUsage", gpu),
    )


def _facts(driver: Nvml, gpu: Any) -> dict[str, Fact]:
    return {
        "name": driver.ask("DeviceGetName", gpu),
        "uuid": driver.ask("DeviceGetUUID", gpu),
        "power_cap_w": driver.watts("DeviceGetPowerManagementLimit", gpu),
        "persistence": _switch(driver.ask("DeviceGetPersistenceMode", gpu)),
        "max_sm_mhz": driver.clock_mhz("DeviceGetMaxClockInfo", gpu, "SM"),
        "max_memory_mhz": driver.clock_mhz("DeviceGetMaxClockInfo", gpu, "MEM"),
        "application_sm_mhz": driver.clock_mhz("DeviceGetApplicationsClock", gpu, "SM"),
        "application_memory_mhz": driver.clock_mhz("DeviceGetApplicationsClock", gpu, "MEM"),
        "mig": _switch(driver.ask("DeviceGetMigMode", gpu)),
        "ecc": _switch(driver.ask("DeviceGetEccMode", gpu)),
    }


def _switch(mode: Any) -> bool | None:
    """Return whether something is on; NVML tells some as (now, after a reset)."""
    now = mode[0] if isinstance(mode, list | tuple) else mode
    return None if now is None else bool(now)


def _dotted(version: int | None) -> str | None:
    return None if version is None else f"{version // 1000}.{version % 1000 // 10}"
