from pathlib import Path

import pytest

from device_agents.child import ChildLauncher
from device_agents.devices.phone import PHONE_RULES, PhoneDevice
from device_agents.runtimes.base import DeviceAway
from tests.phones import SERIAL, plug_in


def test_a_phone_is_a_device_of_its_own(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path)
    device = PhoneDevice(settings)
    assert device.name == f"phone-{SERIAL}"
    assert device.cores == ()
    assert device.runtime_settings.phone == settings
    assert device.rules == PHONE_RULES


def test_its_state_is_the_same_at_every_look(tmp_path: Path) -> None:
    device = PhoneDevice(plug_in(tmp_path)[1])
    assert device.state() == device.state()


def test_another_build_mask_or_governor_is_another_state(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path)
    states = [PhoneDevice(settings).state()]
    states.append(PhoneDevice(settings.model_copy(update={"taskset_mask": "80"})).state())
    (phone.root / "sys/devices/system/cpu/cpu7/cpufreq/scaling_governor").write_text("performance")
    states.append(PhoneDevice(settings).state())
    settings.benchmark_model.write_text("another build")
    states.append(PhoneDevice(settings).state())
    assert len({state.fingerprint for state in states}) == 4


def test_the_child_probes_the_phone(tmp_path: Path) -> None:
    device = PhoneDevice(plug_in(tmp_path)[1])
    statuses = device.probe(ChildLauncher(30.0))
    assert statuses["adb"].available, statuses
    description = device.description(statuses)
    assert (description.operating_system, description.cpu_model) == ("Android 13", "SM-S901B (QTI SM8350)")
    assert description.runtimes == statuses


def test_a_phone_that_is_away_is_told_apart_from_one_that_does_not_work(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path)
    phone.connection = "unauthorized"
    device = PhoneDevice(settings)
    with pytest.raises(DeviceAway, match="confirm its dialog"):
        device.probe(ChildLauncher(30.0))
    with pytest.raises(DeviceAway, match="confirm its dialog"):
        device.state()


def test_a_job_may_use_the_cores_of_the_mask_or_all_that_the_phone_has(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path)
    device = PhoneDevice(settings)
    assert device.max_threads == 1
    device.state()
    assert device.max_threads == 8
    assert PhoneDevice(settings.model_copy(update={"taskset_mask": "f0"})).max_threads == 4
