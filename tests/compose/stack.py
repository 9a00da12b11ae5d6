"""The stack: docker-compose.yml on whatever engine there is, in a project and with volumes of its own."""

import os
import shlex
import subprocess
import time
from pathlib import Path

import httpx

from latency_service.contract.messages import Entry, LatencyAnswer, ProfileCreated, ProfileStatus

_ROOT = Path(__file__).parents[2]
_PROJECT = "proxyless-latency-test"
_POLL_S = 0.1
_PROFILE_DEADLINE_S = 120.0

DEVICE = "cpu"
CONDITIONS = {"runtime": "onnxruntime"}
OP = "v1-mbconv-16x16x32-out32-k5-s1-e3-skip1-relu6"
SCOPES = ("admin", "agent", "requester", "reader")


class ComposeFailed(Exception):
    """A `docker compose` command did not exit with 0; the message is what it said."""


class Stack:
    """One `docker compose` project.

    Args:
        command: What `docker compose` is called here.
        port: Where the service is published.

    Attributes:
        seconds: What took how long.
        first_start_at: When it was first started, by the clock that only goes forward.
        last_words: The end of its logs.
    """

    def __init__(self, command: str, port: int) -> None:
        self._command = [*shlex.split(command), "--project-name", _PROJECT]
        self._environment = {**os.environ, "SERVICE_PORT": str(port), "AGENT_NAME": DEVICE}
        self.url = f"http://127.0.0.1:{port}"
        self.seconds: dict[str, float] = {}
        self.first_start_at = 0.0
        self.last_words = ""

    def compose(self, *arguments: str) -> str:
        """Run one command and return its stdout.

        Raises:
            ComposeFailed: It failed.
        """
        done = self._run(*arguments)
        if done.returncode:
            raise ComposeFailed(f"{' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def timed(self, what: str, *arguments: str) -> None:
        """Run one command, and remember how long it took."""
        started = time.monotonic()
        self.compose(*arguments)
        self.seconds[what] = time.monotonic() - started

    def succeeds(self, service: str, *command: str) -> bool:
        """Say whether a command within a running container exits with 0."""
        return self._run("exec", "--no-TTY", service, *command).returncode == 0

    def read(self, service: str, path: str) -> str:
        """Return a file as a running container sees it."""
        return self.compose("exec", "--no-TTY", service, "cat", path)

    def key(self, scope: str) -> str:
        """Return the key of a scope, as the one-shot wrote it that made it."""
        arguments = (
            "run",
            "--rm",
            "--no-TTY",
            "--no-deps",
            "--entrypoint",
            "cat",
            "keys",
            f"/secrets/keys/{scope}.key",
        )
        return self.compose(*arguments).strip()

    def client(self, key: str | None) -> httpx.Client:
        """Return a client of the service that shows a key, or none."""
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*self._command, *arguments],
            cwd=_ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )


def request_profile(client: httpx.Client, device: str = DEVICE) -> ProfileCreated:
    """Ask for the op to be measured, as soon as the agent has registered its device."""
    request = {"device": device, "conditions": CONDITIONS, "workloads": [OP]}
    deadline = time.monotonic() + _PROFILE_DEADLINE_S
    while (answer := client.post("/v1/profiles", json=request)).status_code == 404 and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return ProfileCreated.model_validate_json(answer.raise_for_status().content)


def finished(client: httpx.Client, created: ProfileCreated) -> ProfileStatus:
    """Return a profile's last status, once it is done."""
    deadline = time.monotonic() + _PROFILE_DEADLINE_S
    while True:
        answer = client.get(f"/v1/profiles/{created.profile_id}").raise_for_status()
        status = ProfileStatus.model_validate_json(answer.content)
        if status.state != "running":
            return status
        assert time.monotonic() < deadline, f"not measured in {_PROFILE_DEADLINE_S:.0f} s: {status}"
        time.sleep(_POLL_S)


def latency(client: httpx.Client) -> Entry:
    """Return the table's entry of the op."""
    query = {"device": DEVICE, **CONDITIONS, "op": OP}
    answer = client.get("/v1/latency", params=query).raise_for_status().content
    return LatencyAnswer.model_validate_json(answer).entry
