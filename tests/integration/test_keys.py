"""A service that asks for keys, and programs that have them: real processes, from the first key to its revocation."""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from demo.processes import console_script
from device_agents.console import EXIT_KEY_REFUSED
from latency_service.cli import app
from latency_service.contract.api_keys import parse_api_key, read_api_key
from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import Forbidden, Unauthorized
from latency_service.contract.messages import ProfileRequest
from search_client.latency.client import ServiceClient, wait_for_profile
from tests.processes import ServiceProcess, start_service
from tests.service_data import ops

_DEADLINE_S = 60.0


class Fleet:
    """A service on a first start, the folder of its keys, and agents that are started with them."""

    def __init__(self, folder: Path, service: ServiceProcess) -> None:
        self.service = service
        self.keys = folder / "keys"
        self._folder = folder

    def agent(self, name: str, key_file: Path | None = None) -> "subprocess.Popen[bytes]":
        """Start an agent that has nothing to measure with but onnxruntime."""
        command = [console_script("device-agent"), "run", "--server", self.service.url, "--name", name]
        command += ["--runtime", "onnxruntime", "--state-dir", str(self._folder / name)]
        command += [] if key_file is None else ["--key-file", str(key_file)]
        environment = {**os.environ, "DEVICE_AGENT_LOCK_DIR": str(self._folder / name)}
        with self.log(name).open("ab") as output:
            return subprocess.Popen(command, stderr=output, env=environment)

    def log(self, name: str) -> Path:
        """Return where an agent logs."""
        return self._folder / f"{name}.log"

    def client(self, scope: str | None) -> ServiceClient:
        """Return a client with the key of a scope."""
        key = None if scope is None else read_api_key(self.keys / f"{scope}.key")
        return ServiceClient(self.service.url, key=key)


def command(database: str, *arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--database", database])
    assert result.exit_code == 0, result.output
    return result.stdout


@contextmanager
def ended(agent: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        yield
    finally:
        agent.terminate()
        agent.wait(_DEADLINE_S)


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def fleet(database_url: str, tmp_path: Path) -> Iterator[Fleet]:
    command(database_url, "keys", "bootstrap", "--folder", str(tmp_path / "keys"))
    service = start_service(tmp_path, database=database_url)
    try:
        yield Fleet(tmp_path, service)
    finally:
        service.stop()


def test_from_the_first_key_to_a_measured_op_and_to_the_keys_end(fleet: Fleet, database_url: str) -> None:
    agent = fleet.agent("board", fleet.keys / "agent.key")
    with ended(agent), fleet.client("requester") as client:
        until(client.devices)
        request = ProfileRequest(device="board", conditions=Conditions(runtime="onnxruntime"), workloads=tuple(ops(1)))
        created = client.create_profile(request)
        status = wait_for_profile(client, created.profile_id, lambda _: None, lambda: time.sleep(0.1))
        assert status.counts["succeeded"] == 1
        with fleet.client("reader") as reader, pytest.raises(Forbidden, match="scope requester"):
            reader.create_profile(request)
        with fleet.client(None) as nobody, pytest.raises(Unauthorized):
            nobody.devices()
        command(database_url, "keys", "revoke", parse_api_key(read_api_key(fleet.keys / "agent.key")).key_id)
        assert agent.wait(_DEADLINE_S) == EXIT_KEY_REFUSED
    assert re.search("unknown or revoked|not this key's", fleet.log("board").read_text())
    _assert_no_secret_is_told(fleet, database_url)


def test_an_agent_without_a_key_is_told_how_to_get_in(fleet: Fleet) -> None:
    agent = fleet.agent("board")
    with ended(agent):
        assert agent.wait(_DEADLINE_S) == EXIT_KEY_REFUSED
    assert "--key-file or DEVICE_AGENT_KEY_FILE" in fleet.log("board").read_text()


def _assert_no_secret_is_told(fleet: Fleet, database_url: str) -> None:
    keys = [read_api_key(file) for file in fleet.keys.iterdir()]
    told = (
        fleet.service.log.read_text() + fleet.log("board").read_text() + command(database_url, "keys", "list", "--json")
    )
    for key in keys:
        parts = parse_api_key(key)
        assert parts.secret not in told
        assert parts.key_id in told, "whose key it was must be told"
    requests = [json.loads(line) for line in fleet.service.log.read_text().splitlines() if line.startswith("{")]
    assert any(line.get("key") for line in requests)
