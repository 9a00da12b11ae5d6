from pathlib import Path

import pytest

from device_agents.runtimes.adb.client import Adb
from device_agents.runtimes.adb.readings import mask_cores, read_phone
from device_agents.stopwatch.subject import Readings
from tests.phones import plug_in


def test_the_present_temperature_of_the_cpu_and_the_clock_of_its_fastest_core_are_read(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path)
    assert read_phone(Adb(settings), "") == Readings(clock_mhz=2841.6, temperature_c=44.25)


def test_the_clock_is_that_of_the_cores_measured_on(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path)
    assert read_phone(Adb(settings), "0f").clock_mhz == 1804.8


def test_a_phone_without_a_thermal_service_shows_its_batterys_temperature(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path)
    program = phone.root / "programs/dumpsys"
    program.write_text(program.read_text().replace("= thermalservice", "= nothing"))
    assert read_phone(Adb(settings), "").temperature_c == 28.7


def test_what_a_phone_hides_is_absent(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path)
    (phone.root / "programs/dumpsys").write_text("#!/bin/sh\nexit 1\n")
    for core in range(8):
        (phone.root / f"sys/devices/system/cpu/cpu{core}/cpufreq/scaling_cur_freq").unlink()
    assert read_phone(Adb(settings), "") == Readings()


@pytest.mark.parametrize(("mask", "cores"), [("", ()), ("1", (0,)), ("f0", (4, 5, 6, 7)), ("80", (7,))])
def test_a_mask_names_cores(mask: str, cores: tuple[int, ...]) -> None:
    assert mask_cores(mask) == cores
