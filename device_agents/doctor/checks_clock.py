"""Checks of what sets the pace: governor, turbo, heat, power, and the clock that time is told by."""

from device_agents.doctor.findings import Finding, Severity, good, unknown
from device_agents.doctor.stand import Stand
from device_agents.environment.cpu import CPU, turbo
from device_agents.environment.system import clock_source
from device_agents.host.files import HostFiles

_CLOCK = "sys/devices/system/clocksource/clocksource0"
_QUICK_CLOCKS = ("tsc", "arch_sys_counter", "riscv_clocksource", "kvm-clock", "hyperv_clocksource_tsc_page")
_THROTTLING_TRIPS = ("passive", "hot", "critical")
_WARM_C, _HOT_C = 10.0, 5.0
#: Of the Raspberry Pi's firmware: now, and at some time since boot (under-voltage, clock capped, throttled, too warm).
_PI_THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
_PI_NOW, _PI_SINCE_BOOT = 0x0000F, 0xF0000
_COOL = "improve the cooling, or let the device rest between profiles"


def check_governor(stand: Stand) -> Finding:
    """Look at who chooses the measuring core's clock."""
    governor = stand.files.text(f"{CPU}/cpu{stand.core}/cpufreq/scaling_governor")
    if governor is None:
        return unknown("governor", "the host does not show one, as is usual in a virtual machine")
    if governor == "performance":
        return good("governor", governor)
    return Finding(
        name="governor",
        severity="warn",
        seen=f"core {stand.core} is governed by `{governor}`",
        why="The clock follows the load, so that an op's time depends on what ran before it.",
        mend=f"echo performance | sudo tee /{CPU}/cpu*/cpufreq/scaling_governor",
    )


def check_turbo(stand: Stand) -> Finding:
    """Look at whether the clock may rise above the nominal one."""
    is_on = turbo(stand.files)
    if is_on is None:
        return unknown("turbo")
    if not is_on:
        return good("turbo", "off")
    by_pstate = stand.files.number(f"{CPU}/intel_pstate/no_turbo") is not None
    switch = f"echo 1 | sudo tee /{CPU}/intel_pstate/no_turbo"
    return Finding(
        name="turbo",
        severity="warn",
        seen="on",
        why="The clock depends on heat and on how many cores are busy: the first minutes are faster than the rest.",
        mend=switch if by_pstate else f"echo 0 | sudo tee /{CPU}/cpufreq/boost",
    )


def check_clock_source(stand: Stand) -> Finding:
    """Look at what the kernel tells time by."""
    source = clock_source(stand.files)
    if source is None:
        return unknown("clock source")
    if source in _QUICK_CLOCKS:
        return good("clock source", source)
    others = (stand.files.text(f"{_CLOCK}/available_clocksource") or "").split()
    quick = next((name for name in _QUICK_CLOCKS if name in others), None)
    return Finding(
        name="clock source",
        severity="bad",
        seen=source,
        why="Each reading of the clock is a call into the kernel or the hypervisor, and slow.",
        mend=f"echo {quick} | sudo tee /{_CLOCK}/current_clocksource"
        if quick
        else "start the kernel with tsc=reliable",
    )


def check_temperature(stand: Stand) -> Finding:
    """Look at how far the warmest zone is from the temperature at which it slows down or stops."""
    margins = [
        margin for zone in stand.files.listing("sys/class/thermal/thermal_zone*") for margin in _trips(stand, zone)
    ]
    if not margins:
        return unknown("temperature")
    margin_c, seen = min(margins)
    if margin_c >= _WARM_C:
        return good("temperature", seen)
    return Finding(
        name="temperature",
        severity="bad" if margin_c < _HOT_C else "warn",
        seen=seen,
        why="At that temperature the clock is lowered in the middle of a profile.",
        mend=_COOL,
    )


def _trips(stand: Stand, zone: str) -> list[tuple[float, str]]:
    """Return, a trip point of a zone that slows it down or stops it, the degrees until then and that as text."""
    millidegrees = stand.files.number(f"{zone}/temp")
    if millidegrees is None:
        return []
    name, found = stand.files.text(f"{zone}/type") or zone, []
    for path in stand.files.listing(f"{zone}/trip_point_*_type"):
        trip = stand.files.number(path.removesuffix("type") + "temp")
        if stand.files.text(path) in _THROTTLING_TRIPS and trip is not None and trip > 0:
            text = f"{name} has {millidegrees / 1000:.0f} of {trip / 1000:.0f} degrees"
            found.append(((trip - millidegrees) / 1000, text))
    return found


def check_throttling(stand: Stand) -> Finding:
    """Look at whether heat or a weak power supply has slowed the device down since it was started."""
    board = stand.files.text(_PI_THROTTLED)
    if board is not None:
        return _throttled_board(int(board.removeprefix("0x") or "0", 16))
    folder = f"{CPU}/cpu{stand.core}/thermal_throttle"
    counts = [stand.files.number(f"{folder}/{name}_throttle_count") for name in ("core", "package")]
    known = [count for count in counts if count is not None]
    if not known:
        return unknown("throttling")
    if not any(known):
        return good("throttling", "never since the start")
    return _throttled("warn", f"{max(known)} times since the start", _COOL)


def _throttled_board(bits: int) -> Finding:
    supply = "use the board's own power supply and a short cable, and a fan"
    if bits & _PI_NOW:
        return _throttled("bad", f"slowed down now (firmware says {bits:#x})", supply)
    if bits & _PI_SINCE_BOOT:
        return _throttled("warn", f"slowed down since the start (firmware says {bits:#x})", supply)
    return good("throttling", "never since the start")


def _throttled(severity: Severity, seen: str, mend: str) -> Finding:
    why = "Ops measured while the device was slowed down are not comparable with the others."
    return Finding(name="throttling", severity=severity, seen=seen, why=why, mend=mend)


def check_battery(stand: Stand) -> Finding:
    """Look at whether the device runs on a battery that empties."""
    states = _battery_states(stand.files)
    if "Discharging" not in states:
        return good("battery", "charged or charging" if states else "none")
    return Finding(
        name="battery",
        severity="warn",
        seen="discharging",
        why="On a battery, firmware and kernel save power, and more so the emptier it is.",
        mend="plug the device in",
    )


def _battery_states(files: HostFiles) -> list[str]:
    supplies = files.listing("sys/class/power_supply/*")
    batteries = [path for path in supplies if files.text(f"{path}/type") == "Battery"]
    return [files.text(f"{path}/status") or "" for path in batteries if files.text(f"{path}/scope") != "Device"]
