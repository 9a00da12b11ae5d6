"""Every command of the three programs explains itself; rich takes square brackets in a help text for markup."""

from collections.abc import Iterator
from typing import Any

import pytest
from typer import Typer
from typer.main import get_command
from typer.testing import CliRunner

from device_agents.cli import app as device_agent
from latency_service.cli import app as latency_service
from search_client.cli import app as search_client


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*path, name))


@pytest.mark.parametrize(
    ("app", "path"),
    [
        pytest.param(app, path, id="-".join((program, *path)))
        for program, app in (
            ("device-agent", device_agent),
            ("latency-service", latency_service),
            ("search-client", search_client),
        )
        for path in _commands(get_command(app))
    ],
)
def test_every_command_explains_itself(app: Typer, path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*path, "--help"])
    assert (result.exit_code, result.exception) == (0, None)
    assert "Usage" in result.output


def test_the_commands_are_found() -> None:
    assert {("keys", "create"), ("serve",)} <= set(_commands(get_command(latency_service)))
