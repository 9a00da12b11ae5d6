"""The emulated boards; where none can be emulated, their tests say so in capitals, or fail under BOARD_REQUIRED=1."""

import os
from pathlib import Path

import pytest

from tests.board.architectures import ARCHITECTURES, Architecture
from tests.board.board import Board
from tests.board.commands import CannotEmulate
from tests.board.userland import build_userland
from tests.board.wheels import install_agent

_reasons = pytest.StashKey[dict[str, str]]()


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the agent of this repository, as its wheel installs it."""
    folder = tmp_path_factory.mktemp("agent")
    install_agent(folder, tmp_path_factory.mktemp("wheel"))
    return folder


@pytest.fixture(scope="session", params=ARCHITECTURES, ids=lambda architecture: architecture.name)
def board(request: pytest.FixtureRequest) -> Board:
    """A board of each architecture."""
    architecture: Architecture = request.param
    try:
        return Board(build_userland(architecture), request.getfixturevalue("agent"))
    except CannotEmulate as error:
        if os.environ.get("BOARD_REQUIRED") == "1":
            raise
        request.config.stash.setdefault(_reasons, {})[architecture.name] = str(error)
        pytest.skip(str(error))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say loudly what was not tested, and why."""
    for name, reason in config.stash.get(_reasons, {}).items():
        terminalreporter.section(f"SKIPPED: NO {name} BOARD WAS EMULATED", sep="!", red=True, bold=True)
        terminalreporter.line(reason)
