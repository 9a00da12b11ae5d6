"""Child processes of the demo: each in a session of its own, so that Ctrl-C reaches them through us and in order."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

GRACE_S = 20.0


class CommandFailed(Exception):
    """A command of the demo ended with a non-zero exit code, or was not ready in time (`returncode` None)."""

    def __init__(self, command: list[str], returncode: int | None) -> None:
        ended = "was not ready in time" if returncode is None else f"ended with exit code {returncode}"
        super().__init__(f"`{' '.join(command)}` {ended}")


def console_script(name: str) -> str:
    """Return the path of a console script of the environment that runs us."""
    return str(Path(sys.executable).with_name(name))


def free_port() -> int:
    """Return a loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def background(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command beside us, its output in `log`, and stop it at the end."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield child
        finally:
            _stop(child, signal.SIGTERM)


def run_json(command: list[str]) -> dict[str, Any]:
    """Run a command to its end and return the JSON that it printed.

    Raises:
        CommandFailed: It ended with a non-zero exit code; it has said why on stderr.
    """
    answer: dict[str, Any] = json.loads(run(command))
    return answer


def run(command: list[str]) -> bytes:
    """Run a command to its end, its progress on our stderr, and return what it printed on stdout.

    Raises:
        CommandFailed: It ended with a non-zero exit code; it has said why on stderr.
    """
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
    try:
        output, _ = child.communicate()
    except KeyboardInterrupt:
        _stop(child, signal.SIGINT)
        raise
    if child.returncode != 0:
        raise CommandFailed(command, child.returncode)
    return output


def _stop(child: subprocess.Popen[bytes], first: signal.Signals) -> None:
    for each in (first, signal.SIGTERM, signal.SIGKILL):
        if child.poll() is not None:
            return
        child.send_signal(each)
        try:
            child.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            continue
