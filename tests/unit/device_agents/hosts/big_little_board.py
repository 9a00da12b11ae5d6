"""A board with unequal cores, as a phone has them: four small ones, three large ones, and one that is larger still."""

from tests.unit.device_agents.hosts import for_each_core

_PROCESSOR = """processor\t: {number}
BogoMIPS\t: 38.40
Features\t: fp asimd evtstrm aes crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp
CPU implementer\t: 0x51
CPU architecture: 8
CPU variant\t: {variant}
CPU part\t: {part}
"""
_SMALL, _LARGE, _PRIME = range(4), range(4, 7), range(7, 8)
_PARTS = {**dict.fromkeys(_SMALL, "0x805"), **dict.fromkeys(_LARGE, "0x804"), **dict.fromkeys(_PRIME, "0x804")}


def _cluster(cores: range, khz: int, capacity: int) -> dict[str, str]:
    files = {"cpufreq/cpuinfo_max_freq": f"{khz}\n", "cpufreq/scaling_governor": "schedutil\n"}
    return for_each_core(cores, {**files, "cpu_capacity": f"{capacity}\n"})


def processors() -> list[str]:
    """Return the blocks of /proc/cpuinfo."""
    return [_PROCESSOR.format(number=number, part=part, variant="0xd") for number, part in _PARTS.items()]


HARDWARE = "Hardware\t: Qualcomm Technologies, Inc SM8150\n"
TREE = {
    "proc/cpuinfo": "\n".join([*processors(), HARDWARE]),
    "proc/meminfo": "MemTotal:        5724688 kB\nMemAvailable:     200000 kB\n",
    "sys/devices/system/cpu/present": "0-7\n",
    "sys/class/power_supply/battery/type": "Battery\n",
    "sys/class/power_supply/battery/status": "Discharging\n",
    "sys/class/power_supply/usb/type": "USB\n",
    **_cluster(_SMALL, 1785600, 250),
    **_cluster(_LARGE, 2419200, 870),
    **_cluster(_PRIME, 2841600, 1024),
}
