"""What is shipped to run the agent: it fits the agent that is there."""

import re
from configparser import ConfigParser
from pathlib import Path

from device_agents.config import AgentSettings, load_settings
from device_agents.console.terminal import EXIT_AGENT_TOO_OLD
from device_agents.supervisor.status import STUCK_S

PACKAGING = Path(__file__).parents[2] / "packaging"
EXAMPLE = PACKAGING / "device-agent.toml"


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
    unit = ConfigParser(strict=False, interpolation=None)
    unit.read(PACKAGING / "device-agent.service")
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert service["RestartPreventExitStatus"] == str(EXIT_AGENT_TOO_OLD)
    assert float(service["WatchdogSec"]) == STUCK_S
    assert service["OOMPolicy"] == "continue"
    assert service["KillMode"] == "mixed"
