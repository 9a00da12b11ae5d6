"""Readings: the clock and temperature that a phone shows between two invocations."""

import re

from device_agents.runtimes.adb.client import Adb
from device_agents.stopwatch.subject import Readings

_CPUS = "/sys/devices/system/cpu"
_HAL = "Current temperatures from HAL"
_CPU_TEMPERATURE = re.compile(r"Temperature\{mValue=([\d.]+), mType=0,")
_BATTERY_TEMPERATURE = re.compile(r"^\s*temperature: (\d+)", re.MULTILINE)


def read_phone(adb: Adb, taskset_mask: str) -> Readings:
    """Return the highest clock of the cores measured on, and the CPU's temperature, or else the battery's.

    Args:
        adb: The phone.
        taskset_mask: The cores measured on, hexadecimal; empty: all.

    Raises:
        DeviceAway: The phone cannot be reached.
    """
    cores = [f"cpu{core}" for core in mask_cores(taskset_mask)] or ["cpu[0-9]*"]
    clocks = " ".join(f"{_CPUS}/{core}/cpufreq/scaling_cur_freq" for core in cores)
    said = adb.shell(f"cat {clocks}; dumpsys thermalservice; dumpsys battery").stdout
    khz = [int(line) for line in said.splitlines() if line.isdigit()]
    return Readings(clock_mhz=max(khz) / 1000 if khz else None, temperature_c=_temperature(said))


def mask_cores(mask: str) -> tuple[int, ...]:
    """Return the cores of a taskset mask."""
    bits = int(mask or "0", 16)
    return tuple(core for core in range(bits.bit_length()) if bits >> core & 1)


def _temperature(said: str) -> float | None:
    hottest = max(map(float, _CPU_TEMPERATURE.findall(said.partition(_HAL)[2])), default=None)
    battery = _BATTERY_TEMPERATURE.search(said)
    return hottest if hottest is not None or battery is None else int(battery[1]) / 10
