"""packaging/Dockerfile: the images hold what they need, and what is copied into them reaches the engine."""

import re
import tomllib
from pathlib import Path

import pytest

from device_agents.config import AgentSettings
from latency_service.settings import Settings
from tests.dockerfile import environment, read_stages, user

ROOT = Path(__file__).parents[2]
STAGES = read_stages(ROOT / "packaging" / "Dockerfile")
IMAGES = {"service": "service", "agent": "agent", "agent-gpu": "agent,torch,nvidia", "search": "search"}


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_runs_as_a_fixed_user_that_is_not_root(image: str) -> None:
    uid, gid = (user(STAGES, image) or "0:0").split(":")
    assert int(uid) >= 10_000  # a number, so that an orchestrator can see that it is not root
    assert uid == gid


def test_no_two_programs_share_a_user() -> None:
    assert len({user(STAGES, image) for image in ("service", "agent", "search")}) == 3


@pytest.mark.parametrize(("image", "extras"), IMAGES.items())
def test_an_image_gets_the_packages_of_its_program_alone_at_the_pinned_versions(image: str, extras: str) -> None:
    copied = [each.arguments for each in STAGES[image].instructions if each.name == "COPY"]
    assert copied == [f"--from={image}-build /opt/venv /opt/venv"]
    build = STAGES[f"{image}-build"]
    installed = [re.findall(r'"\.\[(.*)\]"', each.arguments) for each in build.instructions]
    assert [extras] in installed
    pinned = environment(STAGES, build.name)
    assert pinned["PIP_CONSTRAINT"] == pinned["PIP_BUILD_CONSTRAINT"] == "/source/constraints.txt"


def test_what_builds_the_wheel_is_pinned_too() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    pinned = {line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert {re.split("[><=]", each)[0] for each in needed} <= pinned


@pytest.mark.parametrize("image", IMAGES)
def test_every_variable_of_ours_that_an_image_sets_is_a_setting(image: str) -> None:
    known = {f"LATENCY_SERVICE_{name}".upper() for name in Settings.model_fields}
    known |= {f"DEVICE_AGENT_{name}".upper() for name in AgentSettings.model_fields}
    ours = {name for name in environment(STAGES, image) if name.startswith(("LATENCY_", "DEVICE_"))}
    assert ours <= known


def test_what_is_copied_reaches_the_engine_and_nothing_else_does() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copies = [each.arguments.split() for stage in STAGES.values() for each in stage.instructions if each.name == "COPY"]
    sources = {source for *from_here, _ in copies if not from_here[0].startswith("--from") for source in from_here}
    assert "*" in lines
    assert allowed == sources
    assert all((ROOT / source).exists() for source in sources)
