from pathlib import Path

from device_agents.devices.base import MeasuredDevice
from device_agents.devices.host import HostDevice
from device_agents.host.files import HostFiles
from device_agents.runtimes.settings import NOTHING_SET
from tests.fake_worker import launcher


def host(root: Path) -> MeasuredDevice:
    return HostDevice("board", (0,), 1, ("fake",), NOTHING_SET, files=HostFiles(root))


def test_a_hosts_runtimes_are_tried_in_children(tmp_path: Path) -> None:
    assert host(tmp_path).probe(launcher())["fake"].available


def test_a_changed_governor_is_another_state(tmp_path: Path) -> None:
    before = host(tmp_path).state()
    governor = tmp_path / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
    governor.parent.mkdir(parents=True)
    governor.write_text("powersave")
    assert host(tmp_path).state().fingerprint != before.fingerprint


def test_a_host_is_described_with_its_runtimes(tmp_path: Path) -> None:
    device = host(tmp_path)
    statuses = device.probe(launcher())
    assert device.description(statuses).runtimes == statuses
