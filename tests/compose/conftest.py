"""`make test-compose`: the compose file on a real engine. COMPOSE is its command where that is not `docker compose`."""

import os
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.compose.stack import ComposeFailed, Stack, finished, request_profile

_STACKS = pytest.StashKey[Stack]()


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The stack, built and started for the first time: no volume, key or table of an earlier one is left."""
    stack = Stack(os.environ.get("COMPOSE", "docker compose"), int(os.environ.get("SERVICE_PORT", "8000")))
    try:
        stack.compose("down", "--volumes")
    except (FileNotFoundError, ComposeFailed) as error:
        pytest.skip(f"there is no engine to run compose on: {error}")
    _check_that_nobody_listens(int(stack.url.rpartition(":")[2]))
    request.config.stash[_STACKS] = stack
    try:
        stack.timed("images built", "build")
        stack.first_start_at = time.monotonic()
        stack.timed("up --wait, first start", "up", "--detach", "--wait")
        yield stack
    finally:
        stack.last_words = stack.compose("logs", "--no-color", "--tail", "20")
        stack.compose("down", "--volumes")


@pytest.fixture(scope="session")
def requester(stack: Stack) -> Iterator[httpx.Client]:
    """A client whose key may ask for measurements, after the first op was measured."""
    with stack.client(stack.key("requester")) as client:
        finished(client, request_profile(client))
        yield client


def _check_that_nobody_listens(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            pytest.fail(f"port {port} is taken: name another one in SERVICE_PORT, or end what listens there")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: pytest.ExitCode, config: pytest.Config
) -> None:
    """Tell how long things took, and what the stack said last where something failed."""
    stack = config.stash.get(_STACKS, None)
    if stack is not None:
        terminalreporter.section("seconds")
        for what, seconds in stack.seconds.items():
            terminalreporter.line(f"{seconds:7.1f}  {what}")
        if exitstatus != pytest.ExitCode.OK:
            terminalreporter.section("the end of the stack's logs")
            terminalreporter.write(stack.last_words)
