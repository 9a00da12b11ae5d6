"""Phones for tests: plugged into a fake adb, and the settings that name them."""

from pathlib import Path
from typing import Any

from device_agents.runtimes.settings import PhoneSettings
from tests.fake_adb import FakeAdb, FakePhone, program_text

SERIAL = "R5CT123ABC"


def plug_in(folder: Path, serial: str = SERIAL, **changes: Any) -> tuple[FakePhone, PhoneSettings]:
    """Plug a phone into the fake adb of a folder; return it, and its settings with the given changes."""
    adb = FakeAdb(folder)
    given = {
        "serial": serial,
        "name": f"phone-{serial}",
        "benchmark_model": write_build(folder / "benchmark_model"),
        "cool_down_s": 0.0,
        "adb": adb.program,
        "timeout_s": 30.0,
    }
    return adb.plug_in(serial), PhoneSettings.model_validate(given | changes)


def write_build(path: Path, without_delegates: bool = False) -> Path:
    """Write a build of `benchmark_model` that a fake phone can run; return its path."""
    path.write_text(program_text("fake_benchmark_model", *(["--no-delegates"] if without_delegates else [])))
    return path
