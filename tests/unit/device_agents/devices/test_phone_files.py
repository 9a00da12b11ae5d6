from pathlib import Path

import pytest

from device_agents.devices.phone_files import PhoneFiles, read_phone_files
from device_agents.runtimes.adb.client import Adb
from device_agents.runtimes.base import DeviceAway
from tests.phones import plug_in


@pytest.fixture
def files(tmp_path: Path) -> PhoneFiles:
    return read_phone_files(Adb(plug_in(tmp_path)[1]))


def test_a_phones_files_are_read_like_a_hosts(files: PhoneFiles) -> None:
    assert files.fields("proc/meminfo")["MemTotal"] == "7782400 kB"
    assert files.number("sys/devices/system/cpu/cpu7/cpufreq/cpuinfo_max_freq") == 2841600
    assert files.text("sys/devices/system/cpu/present") == "0-7"
    assert files.text("proc/version") is None


def test_what_its_commands_print_is_read_too(files: PhoneFiles) -> None:
    assert files.text("uname -m") == "aarch64"
    assert files.property("ro.product.model") == "SM-S901B"
    assert files.property("ro.nothing") is None


def test_files_and_folders_are_listed_by_pattern(files: PhoneFiles) -> None:
    governors = files.listing("sys/devices/system/cpu/cpu*/cpufreq/scaling_governor")
    assert [path.split("/")[-3] for path in governors] == [f"cpu{core}" for core in range(8)]
    assert files.listing("sys/devices/system/cpu/cpu7/*") == ["sys/devices/system/cpu/cpu7/cpufreq"]


def test_one_command_reads_them_all(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path)
    read_phone_files(Adb(settings))
    assert len(phone.commands) == 1


def test_a_phone_that_is_away_has_no_files(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path)
    phone.connection = "offline"
    with pytest.raises(DeviceAway):
        read_phone_files(Adb(settings))


def test_a_phone_that_tells_only_half_is_away_and_not_in_another_state(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path)
    (phone.root / "programs/getprop").write_text("#!/bin/sh\n")
    with pytest.raises(DeviceAway, match="no getprop"):
        read_phone_files(Adb(settings))
