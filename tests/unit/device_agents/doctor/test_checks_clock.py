import pytest

from device_agents.doctor.checks_clock import (
    check_battery,
    check_clock_source,
    check_governor,
    check_temperature,
    check_throttling,
    check_turbo,
)
from tests.unit.device_agents.doctor.conftest import StandOn
from tests.unit.device_agents.hosts import big_little_board, raspberry_pi_4, virtual_machine

CPU = "sys/devices/system/cpu"
CLOCK = "sys/devices/system/clocksource/clocksource0/current_clocksource"
PI = "sys/devices/platform/soc/soc:firmware/get_throttled"
ZONE = "sys/class/thermal/thermal_zone0/temp"


def test_a_governor_that_follows_the_load_is_found(stand_on: StandOn) -> None:
    finding = check_governor(stand_on())
    assert finding.severity == "warn"
    assert "`powersave`" in finding.seen
    assert "tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor" in finding.mend
    assert check_governor(stand_on({f"{CPU}/cpu3/cpufreq/scaling_governor": "performance"})).severity == "good"


def test_only_the_measuring_cores_governor_counts(stand_on: StandOn) -> None:
    assert check_governor(stand_on({f"{CPU}/cpu0/cpufreq/scaling_governor": "performance"})).severity == "warn"


def test_a_machine_without_a_governor_is_not_blamed(stand_on: StandOn) -> None:
    assert check_governor(stand_on(tree=virtual_machine.TREE, cores=(1,))).severity == "unknown"


def test_turbo_is_switched_off_where_its_driver_has_the_switch(stand_on: StandOn) -> None:
    assert "intel_pstate/no_turbo" in check_turbo(stand_on()).mend
    assert check_turbo(stand_on({f"{CPU}/intel_pstate/no_turbo": "1"})).severity == "good"


def test_another_driver_has_another_switch(stand_on: StandOn) -> None:
    assert "cpufreq/boost" in check_turbo(stand_on(tree=raspberry_pi_4.TREE)).mend


@pytest.mark.parametrize(
    ("source", "severity"),
    [("tsc", "good"), ("arch_sys_counter", "good"), ("kvm-clock", "good"), ("hpet", "bad"), ("acpi_pm", "bad")],
)
def test_a_slow_clock_source_is_bad(stand_on: StandOn, source: str, severity: str) -> None:
    finding = check_clock_source(stand_on({CLOCK: source}))
    assert finding.severity == severity
    assert ("echo tsc" in finding.mend) == (severity == "bad")


@pytest.mark.parametrize(
    ("millidegrees", "severity"), [(48000, "good"), (87000, "warn"), (93000, "bad"), (97000, "bad")]
)
def test_a_zone_near_the_point_where_it_slows_down_is_found(
    stand_on: StandOn, millidegrees: int, severity: str
) -> None:
    finding = check_temperature(stand_on({ZONE: str(millidegrees)}))
    assert finding.severity == severity
    assert "of 95 degrees" in finding.seen


def test_heat_cannot_be_told_where_no_zone_is_shown(stand_on: StandOn) -> None:
    assert check_temperature(stand_on(tree=virtual_machine.TREE)).severity == "unknown"


def test_throttling_is_counted_since_the_start(stand_on: StandOn) -> None:
    assert check_throttling(stand_on()).severity == "good"
    finding = check_throttling(stand_on({f"{CPU}/cpu3/thermal_throttle/package_throttle_count": "17"}))
    assert (finding.severity, finding.seen) == ("warn", "17 times since the start")


@pytest.mark.parametrize(("bits", "severity"), [("0", "good"), ("50000", "warn"), ("50005", "bad"), ("0x80008", "bad")])
def test_a_board_says_itself_that_it_was_throttled(stand_on: StandOn, bits: str, severity: str) -> None:
    assert check_throttling(stand_on({PI: bits}, tree=raspberry_pi_4.TREE)).severity == severity


def test_a_battery_that_empties_is_found(stand_on: StandOn) -> None:
    status = "sys/class/power_supply/battery/status"
    assert check_battery(stand_on(tree=big_little_board.TREE)).severity == "warn"
    assert check_battery(stand_on({status: "Full"}, tree=big_little_board.TREE)).severity == "good"
    mouse = {"sys/class/power_supply/battery/scope": "Device"}
    assert check_battery(stand_on({status: "Discharging", **mouse}, tree=big_little_board.TREE)).severity == "good"
