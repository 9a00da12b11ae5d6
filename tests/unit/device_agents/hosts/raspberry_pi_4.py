"""A Raspberry Pi 4, 64 bit: four equal cores, a device tree, firmware that says when it was throttled."""

from tests.unit.device_agents.hosts import for_each_core

_PROCESSOR = """processor\t: {number}
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3
"""

TREE = {
    "proc/cpuinfo": "\n".join(_PROCESSOR.format(number=number) for number in range(4))
    + "\nHardware\t: BCM2835\nRevision\t: c03114\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n",
    "proc/meminfo": "MemTotal:        3884400 kB\nMemFree:         2700000 kB\nMemAvailable:    3300000 kB\n",
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n',
    "sys/devices/platform/soc/soc:firmware/get_throttled": "50000\n",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "arch_sys_counter\n",
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "76920\n",
    "sys/class/thermal/thermal_zone0/trip_point_0_type": "critical\n",
    "sys/class/thermal/thermal_zone0/trip_point_0_temp": "80000\n",
    "sys/devices/system/cpu/present": "0-3\n",
    "sys/devices/system/cpu/cpufreq/boost": "1\n",
    **for_each_core(
        range(4),
        {
            "cpufreq/scaling_governor": "ondemand\n",
            "cpufreq/scaling_driver": "cpufreq-dt\n",
            "cpufreq/cpuinfo_max_freq": "1800000\n",
            "topology/physical_package_id": "0\n",
        },
    ),
    **{f"sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list": f"{core}\n" for core in range(4)},
}
