import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from device_agents.child.launcher import Isolation
from device_agents.cli import app
from device_agents.commands import probe
from tests.fake_worker import launcher


@pytest.fixture(autouse=True)
def fake_children(monkeypatch: pytest.MonkeyPatch) -> None:
    def make_launcher(isolation: Isolation, deadline_s: float) -> object:
        return launcher()

    monkeypatch.setattr(probe, "make_launcher", make_launcher)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "agent.toml"
    file.write_text(
        'name = "host"\n[providers.openvino]\nprovider = "OpenVINOExecutionProvider"\n'
        f'[[phones]]\nserial = "R58"\nname = "phone"\nbenchmark_model = "{tmp_path}/none"\nadb = "{tmp_path}/no-adb"\n'
    )
    return file


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["probe", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_every_device_is_probed_and_one_that_is_away_says_so(config: Path) -> None:
    host, phone = map(json.loads, run("--config", str(config), "--runtime", "tflite", "--json").splitlines())
    assert host["name"] == "host"
    assert host["description"]["runtimes"]["tflite"]["available"]
    assert "OpenVINOExecutionProvider" in host["facts"]["provider.openvino"]
    assert phone["name"] == "phone"
    assert "no-adb" in phone["away"]


def test_a_person_sees_the_same(config: Path) -> None:
    printed = run("--config", str(config), "--runtime", "tflite")
    assert "fingerprint" in printed
    assert "works, 1.0" in printed
    assert "phone is away" in printed
