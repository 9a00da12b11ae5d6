"""What a phone is, and the facts a change of which makes its old timings incomparable; None is what it hides."""

from device_agents.devices.phone_files import PhoneFiles
from device_agents.environment.cpu import CPU, cpu_facts
from device_agents.environment.cpu import cpu_model as core_designs
from device_agents.environment.memory import memory_facts
from device_agents.environment.processors import read_processors
from device_agents.host.core_lists import format_core_list, parse_core_list
from latency_service.contract.device import Fact


def phone_facts(files: PhoneFiles, core: int) -> dict[str, Fact]:
    """Return the stable facts of a phone: no load, temperature or present clock.

    Args:
        files: What the phone has told of itself.
        core: The measuring core, of which some facts are told.
    """
    sdk = files.property("ro.build.version.sdk")
    return {
        "operating_system": operating_system(files),
        "android_sdk": int(sdk) if sdk is not None and sdk.isdigit() else None,
        "build": files.property("ro.build.fingerprint"),
        "kernel": files.text("uname -r"),
        "architecture": files.text("uname -m"),
        "manufacturer": files.property("ro.product.manufacturer"),
        "model": files.property("ro.product.model"),
        "board": files.property("ro.board.platform"),
        "soc": soc(files),
        **cpu_facts(files, core),
        "cpu_governor": _governors(files),
        "logical_cores": len(cores(files)),
        **memory_facts(files),
    }


def operating_system(files: PhoneFiles) -> str:
    """Return the release of Android."""
    return f"Android {files.property('ro.build.version.release') or ''}".strip()


def soc(files: PhoneFiles) -> str | None:
    """Return the chip's maker and name."""
    names = (files.property("ro.soc.manufacturer"), files.property("ro.soc.model"))
    return " ".join(name for name in names if name) or None


def cpu_model(files: PhoneFiles) -> str:
    """Return the phone's model and its chip, as people know them."""
    chip = soc(files) or files.property("ro.board.platform") or core_designs(files) or "unknown chip"
    model = files.property("ro.product.model")
    return f"{model} ({chip})" if model else chip


def cores(files: PhoneFiles) -> tuple[int, ...]:
    """Return the cores it has, sleeping ones included."""
    return parse_core_list(files.text(f"{CPU}/present")) or tuple(sorted(read_processors(files)))


def _governors(files: PhoneFiles) -> str | None:
    """Return the governors and the cores that each of them clocks, such as `0-3:schedutil 4-7:performance`."""
    clocked: dict[str, list[int]] = {}
    for core in cores(files):
        if governor := files.text(f"{CPU}/cpu{core}/cpufreq/scaling_governor"):
            clocked.setdefault(governor, []).append(core)
    return " ".join(f"{format_core_list(numbers)}:{governor}" for governor, numbers in clocked.items()) or None
