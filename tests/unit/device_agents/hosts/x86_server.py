"""A rack server: two cores with two hardware threads each, Intel's own scaling driver, bare metal."""

from tests.unit.device_agents.hosts import cache, for_each_core

_PROCESSOR = """processor\t: {number}
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 85
model name\t: Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz
stepping\t: 7
microcode\t: 0x5003604
cpu MHz\t\t: {mhz}
cache size\t: 28160 KB
physical id\t: 0
siblings\t: 4
core id\t\t: {core}
cpu cores\t: 2
flags\t\t: fpu vme sse sse2 ht constant_tsc ssse3 fma sse4_1 sse4_2 avx f16c avx2 smep avx512f avx512_vnni
bogomips\t: 5000.00
"""
_CPU = "sys/devices/system/cpu"
CORES = range(4)


def cpuinfo(*mhz: float) -> str:
    """Return /proc/cpuinfo at some clock rates."""
    return "\n".join(_PROCESSOR.format(number=number, core=number % 2, mhz=rate) for number, rate in enumerate(mhz))


TREE = {
    "proc/cpuinfo": cpuinfo(1000.0, 3900.12, 1000.0, 2800.5),
    "proc/meminfo": "MemTotal:       196608000 kB\nMemFree:        1000 kB\nMemAvailable:   180000000 kB\n",
    "proc/cmdline": "BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=UUID=1234 ro quiet mitigations=off isolcpus=3 nohz_full=3",
    "proc/loadavg": "0.08 0.10 0.12 1/523 4242",
    "proc/uptime": "100000.00 390000.00",
    "proc/stat": "cpu  1000 20 300 400000 50 0 10 0 0 0\ncpu3 250 5 75 100000 12 0 2 0 0 0\nintr 12345\n",
    "proc/swaps": "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
    "proc/interrupts": """           CPU0       CPU1       CPU2       CPU3
  0:         40          0          0          0   IO-APIC    2-edge      timer
 24:    9000000          0          0       1200   PCI-MSI 524288-edge      eth0
 25:          0    3000000          0          0   PCI-MSI 524289-edge      nvme0q1
NMI:         10         10         10         10   Non-maskable interrupts
LOC:   90000000   90000000   90000000   90000000   Local timer interrupts
""",
    "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n',
    "sys/class/dmi/id/sys_vendor": "Dell Inc.\n",
    "sys/class/dmi/id/product_name": "PowerEdge R640\n",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
    "sys/devices/system/clocksource/clocksource0/available_clocksource": "tsc hpet acpi_pm\n",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
    "sys/devices/system/node/node0/cpulist": "0-3\n",
    "sys/class/thermal/thermal_zone0/type": "x86_pkg_temp\n",
    "sys/class/thermal/thermal_zone0/temp": "48000\n",
    "sys/class/thermal/thermal_zone0/trip_point_0_type": "passive\n",
    "sys/class/thermal/thermal_zone0/trip_point_0_temp": "95000\n",
    "sys/class/thermal/thermal_zone0/trip_point_1_type": "passive\n",
    "sys/class/thermal/thermal_zone0/trip_point_1_temp": "0\n",
    f"{_CPU}/present": "0-3\n",
    f"{_CPU}/isolated": "3\n",
    f"{_CPU}/nohz_full": "3\n",
    f"{_CPU}/smt/active": "1\n",
    f"{_CPU}/intel_pstate/no_turbo": "0\n",
    **for_each_core(
        CORES,
        {
            "cpufreq/scaling_governor": "powersave\n",
            "cpufreq/scaling_driver": "intel_pstate\n",
            "cpufreq/cpuinfo_max_freq": "3900000\n",
            "topology/physical_package_id": "0\n",
            "thermal_throttle/core_throttle_count": "0\n",
            "thermal_throttle/package_throttle_count": "0\n",
            **cache(3, 3, "Unified", "28160K", "0-3"),
        },
    ),
    **for_each_core(range(0, 4, 2), {"topology/thread_siblings_list": "0,2\n", **cache(0, 1, "Data", "32K", "0,2")}),
    **for_each_core(range(1, 4, 2), {"topology/thread_siblings_list": "1,3\n", **cache(0, 1, "Data", "32K", "1,3")}),
}
