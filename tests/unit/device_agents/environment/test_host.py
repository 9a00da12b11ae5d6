import platform
from pathlib import Path

import pytest

from device_agents.environment import describe_device, read_state
from device_agents.host.files import HostFiles
from device_agents.host.nvidia import Nvml
from device_agents.runtimes.settings import DelegateSettings, RuntimeSettings
from latency_service.contract.device import Fact, Fingerprint, RuntimeStatus
from tests.unit.device_agents.fake_pynvml import A100, FakePynvml
from tests.unit.device_agents.hosts import (
    Tree,
    big_little_board,
    containers,
    plant,
    raspberry_pi_4,
    virtual_machine,
    x86_server,
)

TREES = {
    "server": x86_server.TREE,
    "virtual machine": virtual_machine.TREE,
    "Raspberry Pi": raspberry_pi_4.TREE,
    "unequal cores": big_little_board.TREE,
    "container": {**x86_server.TREE, **containers.V2},
    "nothing": {},
}
MOMENTARY = {
    "proc/cpuinfo": x86_server.cpuinfo(3100.0, 1200.0, 2500.0, 3900.0),
    "proc/meminfo": "MemTotal:       196608000 kB\nMemFree:        777 kB\nMemAvailable:   9 kB\n",
    "proc/loadavg": "9.0 9.0 9.0 7/523 4243",
    "proc/uptime": "200000.00 1.00",
    "sys/class/thermal/thermal_zone0/temp": "91000\n",
    "sys/devices/system/cpu/cpu3/cpufreq/scaling_cur_freq": "1200000\n",
}
LASTING = {
    "another governor": {"sys/devices/system/cpu/cpu3/cpufreq/scaling_governor": "performance\n"},
    "turbo off": {"sys/devices/system/cpu/intel_pstate/no_turbo": "1\n"},
    "a hardware thread off": {"sys/devices/system/cpu/cpu3/topology/thread_siblings_list": "3\n"},
    "other options of the kernel": {"proc/cmdline": "quiet mitigations=auto"},
    "another limit": containers.V2,
    "another clock source": {"sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet\n"},
    "huge pages": {"sys/kernel/mm/transparent_hugepage/enabled": "[always] madvise never\n"},
}


def fingerprint(root: Path, tree: Tree) -> Fingerprint:
    return read_state(plant(root, tree), (3,)).fingerprint


def facts(settings: RuntimeSettings) -> dict[str, Fact]:
    return read_state(HostFiles(), (0,), settings).facts


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES.keys())
def test_two_looks_at_the_same_host_are_equal(tmp_path: Path, tree: Tree) -> None:
    assert fingerprint(tmp_path, tree) == fingerprint(tmp_path, {})


def test_different_hosts_have_different_states(tmp_path: Path) -> None:
    assert len({fingerprint(tmp_path / name, tree) for name, tree in TREES.items()}) == len(TREES)


def test_what_varies_from_moment_to_moment_is_no_fact(tmp_path: Path) -> None:
    assert fingerprint(tmp_path, x86_server.TREE) == fingerprint(tmp_path, MOMENTARY)


@pytest.mark.parametrize("change", LASTING.values(), ids=LASTING.keys())
def test_what_changes_timings_makes_a_new_state(tmp_path: Path, change: Tree) -> None:
    assert fingerprint(tmp_path, x86_server.TREE) != fingerprint(tmp_path, change)


def test_a_state_tells_the_cores_that_are_measured_on() -> None:
    found = read_state(HostFiles(), (2, 3)).facts
    assert (found["measuring_core"], found["measuring_cores"]) == (3, "2-3")
    assert read_state(HostFiles(), ()).facts["measuring_core"] is None


def test_a_gpu_belongs_to_the_state_of_its_host() -> None:
    found = read_state(HostFiles(), (0,), gpu_driver=Nvml(FakePynvml(A100))).facts
    assert found["gpu0.uuid"] == A100["DeviceGetUUID"]
    assert not any(name.startswith("gpu") for name in read_state(HostFiles(), (0,)).facts)


def test_what_the_owner_has_set_up_belongs_to_the_state() -> None:
    found = facts(RuntimeSettings(delegates={"edgetpu": DelegateSettings(path=Path("libedgetpu.so.1"))}))
    assert "libedgetpu.so.1" in str(found["delegate.edgetpu"])


def test_a_device_is_described_for_people(tmp_path: Path) -> None:
    status = RuntimeStatus(available=True, version="1")
    description = describe_device(plant(tmp_path, x86_server.TREE), {"fake": status})
    assert description.operating_system == "Debian GNU/Linux 12 (bookworm)"
    assert description.cpu_model == "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz"
    assert description.logical_cores == 4
    assert description.memory_bytes == 196_608_000 * 1024
    assert description.runtimes == {"fake": status}


def test_people_know_a_board_by_its_name(tmp_path: Path) -> None:
    description = describe_device(plant(tmp_path, raspberry_pi_4.TREE), {})
    assert description.cpu_model == "Raspberry Pi 4 Model B Rev 1.4 (4x cortex-a72)"


def test_a_container_has_the_memory_that_it_may_use(tmp_path: Path) -> None:
    files = plant(tmp_path, {**x86_server.TREE, **containers.V2})
    assert describe_device(files, {}).memory_bytes == 2**29


def test_a_host_without_any_files_is_described_by_what_the_interpreter_knows(tmp_path: Path) -> None:
    description = describe_device(plant(tmp_path, {}), {})
    assert description.operating_system == platform.system()
    assert description.logical_cores >= 1
    assert description.memory_bytes > 0


def test_this_host_looks_the_same_twice() -> None:
    assert read_state(HostFiles(), (0,)) == read_state(HostFiles(), (0,))
    assert facts(RuntimeSettings())["kernel"]
