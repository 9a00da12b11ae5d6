"""This machine as a device: a service and an agent of its own, for as long as something is asked of them."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from demo.processes import CommandFailed, background, console_script, free_port, run_json

DEVICE = "this-machine"
READY_WITHIN_S = 60.0


@dataclass(frozen=True)
class ThisMachine:
    """A running service that this machine is a device of."""

    server: str

    def client(self, command: str, *options: str) -> dict[str, Any]:
        """Run a command of `search-client` against the service and return its answer.

        Raises:
            CommandFailed: It ended with an error, which it has printed.
        """
        return run_json([console_script("search-client"), command, *options, "--server", self.server, "--json"])


@contextmanager
def this_machine(folder: Path, runtimes: Sequence[str], agent_options: Sequence[str] = ()) -> Iterator[ThisMachine]:
    """Start service and agent, and stop them at the end.

    Args:
        folder: Of the table and the logs; a table that it holds already is gone on with.
        runtimes: That the agent serves, on one thread.
        agent_options: What `device-agent run` is told besides.

    Raises:
        CommandFailed: One of them did not start.
    """
    server = f"http://127.0.0.1:{free_port()}"
    with _service(folder, server), _agent(folder, server, runtimes, agent_options):
        yield ThisMachine(server)


@contextmanager
def _service(folder: Path, server: str) -> Iterator[None]:
    port = server.rpartition(":")[2]
    database = f"sqlite:///{folder.absolute() / 'table.sqlite'}"
    command = [console_script("latency-service"), "serve", "--database", database, "--port", port]
    with background(command, folder / "logs" / "service.log") as process:
        _await(lambda: httpx.get(f"{server}/health/ready").is_success, process, command)
        yield


@contextmanager
def _agent(folder: Path, server: str, runtimes: Sequence[str], options: Sequence[str]) -> Iterator[None]:
    command = [console_script("device-agent"), "run", "--server", server, "--name", DEVICE]
    command += [word for runtime in runtimes for word in ("--runtime", runtime)]
    command += ["--threads", "1", "--state-dir", str(folder / "agent"), *options]
    with background(command, folder / "logs" / "agent.log") as process:
        _await(lambda: httpx.get(f"{server}/v1/devices/{DEVICE}").is_success, process, command)
        yield


def _await(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], command: list[str]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise CommandFailed(command, process.returncode)
        with suppress(httpx.TransportError):  # not listening yet
            if is_ready():
                return
        time.sleep(0.1)
    raise CommandFailed(command, None)
