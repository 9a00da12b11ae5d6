"""Userland: a board's root folder - interpreter, libraries, wheels - and how a program is run in it."""

import os
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.board.architectures import Architecture
from tests.board.commands import require_programs
from tests.board.debian import unpack_packages
from tests.board.wheels import CONSTRAINTS, REPOSITORY, install_requirements, requirements

CACHE = REPOSITORY / ".board"

_PYTHON = "usr/bin/python3.11"
_DEBIANS_MODULES = "usr/lib/python3/dist-packages"


@dataclass(frozen=True)
class Userland:
    """What a board of an architecture has installed, the agent itself apart.

    Attributes:
        folder: Holds `sysroot` and `wheels`.
    """

    architecture: Architecture
    folder: Path

    @property
    def sysroot(self) -> Path:
        """What is `/` to an emulated program, as far as a file is there; what is not is the host's."""
        return self.folder / "sysroot"

    def python(self, *arguments: str) -> list[str]:
        """Return the command that runs the board's Python; -P: nothing is imported from where a script lies."""
        return [*self.architecture.qemu, "-L", str(self.sysroot), str(self.sysroot / _PYTHON), "-P", *arguments]

    def environment(self, agent: Path) -> dict[str, str]:
        """Return the environment in which the board's Python finds the agent and what it requires."""
        modules = (agent, self.folder / "wheels", self.sysroot / _DEBIANS_MODULES)
        return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, modules))}


def build_userland(architecture: Architecture, cache: Path = CACHE) -> Userland:
    """Return the userland of an architecture: the cached one, or a new one where what it is made of has changed.

    Raises:
        CannotEmulate: This host lacks the emulator or apt, or cannot fetch what is needed.
    """
    require_programs(architecture.qemu[0], "apt-get", "dpkg-deb")
    userland = Userland(architecture, cache / architecture.name)
    recipe = userland.folder / "recipe"
    if not recipe.exists() or recipe.read_text() != _recipe(architecture):
        shutil.rmtree(userland.folder, ignore_errors=True)
        userland.sysroot.mkdir(parents=True)
        (cache / ".gitignore").write_text("*\n")
        _fill(userland)
        recipe.write_text(_recipe(architecture))
    return userland


def _fill(userland: Userland) -> None:
    architecture, scratch = userland.architecture, userland.folder / "apt"
    unpack_packages(architecture.packages, architecture.debian, userland.sysroot, scratch)
    shutil.rmtree(scratch)
    (userland.sysroot / "proc").mkdir()
    (userland.sysroot / "proc/cpuinfo").write_text(architecture.cpuinfo)
    install_requirements(architecture, userland.folder / "wheels")


def _recipe(architecture: Architecture) -> str:
    """Return a text that changes whenever a userland must be built anew."""
    parts = (repr(architecture), str(requirements(architecture)), CONSTRAINTS.read_text())
    return sha256("\n".join(parts).encode()).hexdigest()
