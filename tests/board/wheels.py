"""Wheels of another architecture: those that the agent requires there, and the agent's own."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

from tests.board.architectures import Architecture
from tests.board.commands import pip

REPOSITORY = Path(__file__).parents[2]
CONSTRAINTS = REPOSITORY / "constraints.txt"

_PYTHON = "311"


def requirements(architecture: Architecture) -> list[str]:
    """Return the names of what pip is to install on a board of that kind."""
    wanted = {each.name for each in _agent_requirements() if _is_for(architecture, each)}
    return sorted((wanted | {architecture.tflite_package}) - architecture.from_debian)


def install_requirements(architecture: Architecture, folder: Path) -> None:
    """Install the agent's requirements, of the versions of constraints.txt, into a folder.

    Raises:
        CannotEmulate: There is no such wheel, or the index cannot be reached.
    """
    names = requirements(architecture)
    # pip does not know what Debian has installed, so it must not look at what these few depend on
    alone = [name for name in names if architecture.from_debian and name in ("tflite", "tflite-runtime")]
    target = ["--target", str(folder), "--only-binary=:all:", "--python-version", _PYTHON, "--implementation", "cp"]
    target += [f"--platform={tag}" for tag in architecture.wheel_tags]
    pip("install", *target, "--constraint", str(CONSTRAINTS), *(name for name in names if name not in alone))
    if alone:
        pip("install", *target, "--constraint", str(CONSTRAINTS), "--no-deps", *alone)


def install_agent(folder: Path, scratch: Path) -> None:
    """Build this repository's wheel and install it into a folder; it is the same for every architecture.

    Raises:
        CannotEmulate: It cannot be built.
    """
    pip("wheel", "--no-deps", "--wheel-dir", str(scratch), str(REPOSITORY))
    (wheel,) = scratch.glob("*.whl")
    pip("install", "--no-deps", "--target", str(folder), str(wheel))


def _agent_requirements() -> Iterator[Requirement]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    yield from map(Requirement, project["dependencies"])
    yield from map(Requirement, project["optional-dependencies"]["agent"])


def _is_for(architecture: Architecture, requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"platform_machine": architecture.name})
