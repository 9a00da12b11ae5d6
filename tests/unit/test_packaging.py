"""What is shipped to run the agent and the service without containers: it fits the programs that are there."""

import re
import shutil
import subprocess
from configparser import ConfigParser, SectionProxy
from pathlib import Path

import pytest

from device_agents.config import AgentSettings, load_settings
from device_agents.console.terminal import EXIT_AGENT_TOO_OLD, EXIT_KEY_REFUSED
from device_agents.supervisor.status import STUCK_S
from latency_service.settings import Settings

PACKAGING = Path(__file__).parents[2] / "packaging"
EXAMPLE = PACKAGING / "device-agent.toml"


def read_unit(name: str) -> SectionProxy:
    """Return what the unit says of its service; of a setting that comes more than once, the last."""
    unit = ConfigParser(strict=False, interpolation=None)
    unit.read(PACKAGING / f"{name}.service")
    return unit["Service"]


def test_the_example_configuration_loads_and_is_the_default_one() -> None:
    settings = load_settings(EXAMPLE, {"name": "x"})
    defaults = load_settings(None, {"name": "x", "runtimes": settings.runtimes})
    assert settings.model_dump() == defaults.model_dump()


def test_every_setting_has_its_place_in_the_example_and_every_example_is_one(tmp_path: Path) -> None:
    everything = re.sub(r"^# (?=\[|\w+ = )", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    path = tmp_path / "everything.toml"
    path.write_text(everything)
    settings = load_settings(path, {})
    assert settings.model_fields_set == set(AgentSettings.model_fields)
    assert settings.phones[0].name == "galaxy-s22"
    assert settings.providers["openvino"].options == {"device_type": "CPU"}


def test_the_unit_knows_the_agents_exit_code_and_its_heartbeat() -> None:
    service = read_unit("device-agent")
    assert service["Type"] == "notify"
    assert service["RestartPreventExitStatus"].split() == [str(EXIT_AGENT_TOO_OLD), str(EXIT_KEY_REFUSED)]
    assert float(service["WatchdogSec"]) == STUCK_S
    assert service["OOMPolicy"] == "continue"
    assert service["KillMode"] == "mixed"


def test_the_services_unit_gives_requests_in_flight_their_time() -> None:
    stop_s = float(read_unit("latency-service")["TimeoutStopSec"].removesuffix("s"))
    assert stop_s > Settings.model_fields["shutdown_s"].default


def test_the_services_unit_sets_what_are_settings() -> None:
    text = (PACKAGING / "latency-service.service").read_text()
    names = re.findall(r"Environment=LATENCY_SERVICE_(\w+)=", text)
    assert names
    assert {name.lower() for name in names} <= Settings.model_fields.keys()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
@pytest.mark.parametrize("name", ["device-agent", "latency-service"])
def test_systemd_finds_no_fault_in_a_unit_and_little_exposure(name: str, tmp_path: Path) -> None:
    unit = tmp_path / f"{name}.service"
    text = (PACKAGING / unit.name).read_text()
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    for check in (["verify", "--man=no"], ["security", "--offline=true", "--threshold=25", "--no-pager"]):
        done = subprocess.run(["systemd-analyze", *check, unit], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Unknown" not in done.stderr
