"""A virtual machine in a cloud: no scaling, no heat, a hypervisor that keeps some of the time for others."""

from tests.unit.device_agents.hosts import cache, for_each_core

_PROCESSOR = """processor\t: {number}
vendor_id\t: AuthenticAMD
model name\t: AMD EPYC
microcode\t: 0x1000065
cpu MHz\t\t: 2599.998
flags\t\t: fpu vme sse2 syscall rep_good ssse3 fma avx f16c hypervisor avx2 avx512f avx512_vnni avx_vnni
"""

TREE = {
    "proc/cpuinfo": "\n".join(_PROCESSOR.format(number=number) for number in range(2)),
    "proc/meminfo": "MemTotal:       24684096 kB\nMemFree:          900000 kB\nMemAvailable:   23000000 kB\n",
    "proc/cmdline": "console=ttyS0 quiet reboot=k panic=1 random.trust_cpu=1",
    "proc/loadavg": "0.00 0.00 0.00 1/80 99",
    "proc/uptime": "13000.00 20000.00",
    "proc/stat": "cpu  1035569 191 59314 1484423 6836 0 1290 52600 0 0\n",
    "proc/swaps": "Filename Type Size Used Priority\n/dev/vdb partition 2097148 524288 -2\n",
    "sys/class/dmi/id/sys_vendor": "QEMU\n",
    "sys/class/dmi/id/product_name": "Standard PC (Q35 + ICH9, 2009)\n",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "kvm-clock\n",
    "sys/devices/system/node/node0/cpulist": "0-1\n",
    "sys/devices/system/cpu/present": "0-1\n",
    "sys/devices/system/cpu/nohz_full": "  (null)\n",
    "sys/devices/system/cpu/smt/active": "0\n",
    "sys/devices/system/cpu/cpu0/topology/thread_siblings_list": "0\n",
    "sys/devices/system/cpu/cpu1/topology/thread_siblings_list": "1\n",
    **for_each_core(range(1, 2), cache(0, 1, "Data", "48K", "1")),
    **for_each_core(
        range(2),
        {
            "cpu_capacity": "1024\n",
            "topology/physical_package_id": "0\n",
            **cache(3, 3, "Unified", "32768K", "0-1"),
        },
    ),
}
