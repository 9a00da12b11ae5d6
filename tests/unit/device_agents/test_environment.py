from pathlib import Path

import pytest

from device_agents.environment import describe_device, read_state
from device_agents.host_files import HostFiles
from latency_service.contract.device import Fact, RuntimeStatus

X86 = """processor : 0
model name : AMD EPYC 9004
microcode : 0x11
cpu MHz : 2599.998
flags : fpu sse avx avx2 fma avx512_vnni smep

processor : 1
model name : AMD EPYC 9004
cpu MHz : 3100.0
"""
ARM = """processor : 0
CPU implementer : 0x41
CPU part : 0xd08
Features : fp asimd crc32 asimddp

Hardware : BCM2835
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, "proc/cpuinfo", X86)
    write(tmp_path, "proc/meminfo", "MemTotal:        8000000 kB\nMemFree: 5 kB\n")
    write(tmp_path, "etc/os-release", 'NAME="Debian"\nPRETTY_NAME="Debian 12"\n')
    return tmp_path


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def facts(root: Path, *cores: int) -> dict[str, Fact]:
    return read_state(HostFiles(root), cores).facts


def test_a_device_is_described_for_people(root: Path) -> None:
    status = RuntimeStatus(available=True, version="1")
    description = describe_device(HostFiles(root), {"fake": status})
    assert description.operating_system == "Debian 12"
    assert description.cpu_model == "AMD EPYC 9004"
    assert description.logical_cores == 2
    assert description.memory_bytes == 8_000_000 * 1024
    assert description.runtimes == {"fake": status}


def test_only_the_flags_that_kernels_choose_by_are_facts(root: Path) -> None:
    assert facts(root)["cpu_flags"] == "avx avx2 avx512_vnni fma"
    assert facts(root)["cpu_microcode"] == "0x11"


def test_what_the_host_does_not_show_is_none(root: Path) -> None:
    found = facts(root)
    absent = ("cpu_governor", "cpu_turbo", "cpu_smt", "cpu_max_khz", "cpu_caches", "cgroup_cpu_quota", "measuring_core")
    assert {name: found[name] for name in absent} == dict.fromkeys(absent)


def test_the_cpus_settings_are_facts_of_the_measuring_core(root: Path) -> None:
    cpu = "sys/devices/system/cpu"
    write(root, f"{cpu}/cpu1/cpufreq/scaling_governor", "performance\n")
    write(root, f"{cpu}/cpu1/cpufreq/cpuinfo_max_freq", "3100000\n")
    write(root, f"{cpu}/smt/active", "1\n")
    write(root, f"{cpu}/intel_pstate/no_turbo", "0\n")
    for index, (level, kind, size) in enumerate([("1", "Data", "48K"), ("2", "Unified", "1024K")]):
        for name, value in (("level", level), ("type", kind), ("size", size)):
            write(root, f"{cpu}/cpu1/cache/index{index}/{name}", value)
    found = facts(root, 0, 1)
    assert found["measuring_core"] == 1
    assert found["cpu_governor"] == "performance"
    assert found["cpu_max_khz"] == 3_100_000
    assert found["cpu_smt"] is True
    assert found["cpu_turbo"] is True
    assert found["cpu_caches"] == "L1-Data:48K L2-Unified:1024K"


def test_an_arm_board_goes_by_its_own_name(tmp_path: Path) -> None:
    write(tmp_path, "proc/cpuinfo", ARM)
    assert facts(tmp_path)["cpu_model"] == "BCM2835"
    write(tmp_path, "proc/device-tree/model", "Raspberry Pi 4 Model B\0")
    assert facts(tmp_path)["cpu_model"] == "Raspberry Pi 4 Model B"
    assert facts(tmp_path)["cpu_flags"] == "asimd asimddp"


@pytest.mark.parametrize(
    ("cgroup", "files", "quota"),
    [
        ("0::/a/b", {"sys/fs/cgroup/a/cpu.max": "150000 100000", "sys/fs/cgroup/a/b/cpu.max": "max 100000"}, 1.5),
        ("0::/a/b", {"sys/fs/cgroup/a/cpu.max": "max 100000"}, None),
        (
            "4:cpu,cpuacct:/c",
            {"sys/fs/cgroup/cpu/c/cpu.cfs_quota_us": "50000", "sys/fs/cgroup/cpu/c/cpu.cfs_period_us": "100000"},
            0.5,
        ),
        (
            "4:cpu:/",
            {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"},
            None,
        ),
    ],
)
def test_the_tightest_cpu_quota_above_this_process_counts(
    root: Path, cgroup: str, files: dict[str, str], quota: float | None
) -> None:
    write(root, "proc/self/cgroup", cgroup)
    for path, text in files.items():
        write(root, path, text)
    assert facts(root)["cgroup_cpu_quota"] == quota


def test_what_varies_from_moment_to_moment_is_no_fact(root: Path) -> None:
    before = read_state(HostFiles(root), (1,)).fingerprint
    write(root, "proc/cpuinfo", X86.replace("2599.998", "1200.0"))
    write(root, "proc/meminfo", "MemTotal:        8000000 kB\nMemFree: 777 kB\n")
    write(root, "proc/loadavg", "9.0 9.0 9.0")
    assert read_state(HostFiles(root), (1,)).fingerprint == before


def test_this_host_looks_the_same_twice() -> None:
    assert read_state(HostFiles(), (0,)) == read_state(HostFiles(), (0,))
    assert facts(Path("/"), 0)["kernel"]
