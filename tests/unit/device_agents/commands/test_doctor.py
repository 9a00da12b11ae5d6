import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from device_agents.child.launcher import Isolation, Launcher
from device_agents.child.process import ChildLauncher
from device_agents.cli import app
from device_agents.commands import doctor
from device_agents.host.core_lock import cores_held
from device_agents.host.cores import allowed_cores, choose_cores
from tests.unit.device_agents.doctor.noise_floors import ScriptedLauncher

Measured = Callable[[Launcher], None]


@pytest.fixture(autouse=True)
def own_cores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Lock cores where no real agent does, and give back those that the command leaves to its child."""
    monkeypatch.setenv("DEVICE_AGENT_LOCK_DIR", str(tmp_path))
    before = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, before)


@pytest.fixture
def measured_by(monkeypatch: pytest.MonkeyPatch) -> Measured:
    """Return what sets who measures."""

    def use(own: Launcher) -> None:
        def make_launcher(isolation: Isolation, deadline_s: float) -> Launcher:
            return own

        monkeypatch.setattr(doctor, "make_launcher", make_launcher)

    return use


def run(*arguments: str, exit_code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["doctor", "--json", *arguments])
    assert done.exit_code == exit_code, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def finding(answer: dict[str, Any], name: str) -> dict[str, str]:
    found: dict[str, str] = next(found for found in answer["findings"] if found["name"] == name)
    return found


def test_the_noise_floor_is_measured_on_the_measuring_core(measured_by: Measured) -> None:
    scripted = ScriptedLauncher(1.0, 1.0, 1.0, 1.0, 1.0)
    measured_by(scripted)
    answer = run("--runtime", "tflite")
    assert answer["noise"]["between"] == 0
    assert finding(answer, "noise floor")["severity"] == "good"
    assert {order.cores for order in scripted.orders} == {tuple(answer["cores"])}


def test_a_host_whose_tables_differ_is_bad_and_strictly_so(measured_by: Measured) -> None:
    measured_by(ScriptedLauncher(1.0, 1.2, 1.0, 1.2, 1.0))
    assert finding(run("--runtime", "tflite", "--strict", exit_code=1), "noise floor")["severity"] == "bad"


def test_who_only_looks_measures_nothing(measured_by: Measured) -> None:
    scripted = ScriptedLauncher()
    measured_by(scripted)
    assert run("--quick")["noise"] is None
    assert scripted.orders == []


def test_an_agent_at_work_on_the_core_is_not_disturbed(measured_by: Measured, tmp_path: Path) -> None:
    measured_by(ScriptedLauncher())
    allowed = allowed_cores()
    with cores_held(choose_cores(allowed, (), 1), allowed, tmp_path):
        found = finding(run("--runtime", "tflite"), "noise floor")
    assert found["severity"] == "warn"
    assert "held by the agent" in found["seen"]


def test_a_host_without_a_runtime_says_so(measured_by: Measured) -> None:
    measured_by(ChildLauncher(30.0, (sys.executable, "-c", "raise SystemExit(1)")))
    found = finding(run("--runtime", "tflite"), "noise floor")
    assert "none of tflite works here" in found["seen"]


def test_a_person_sees_findings(measured_by: Measured) -> None:
    measured_by(ScriptedLauncher(1.0, 1.0, 1.0, 1.0, 1.0))
    done = CliRunner().invoke(app, ["doctor", "--runtime", "tflite"])
    assert done.exit_code == 0
    assert "noise floor" in done.stdout
