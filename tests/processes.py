"""Real processes for tests: a service on loopback with a port that the system chose, and agents without a stopwatch."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx
import psutil

from demo.processes import console_script, free_port

#: Exit codes of a command that Ctrl-C stopped in order. CPython ends by the signal itself, whatever exit code was asked
#: for, where the signal fell into an `exec` of source text (dataclasses, being imported); a shell shows 130 for both.
STOPPED_BY_CTRL_C = (130, -signal.SIGINT)
_START_DEADLINE_S = 60.0
_STOP_DEADLINE_S = 20.0
_POLL_S = 0.05
_REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True)
class ServiceProcess:
    """A `latency-service serve` that answers at `url`; started again on the same folder, it has the same database."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """The process's id."""
        return self.process.pid

    def stop(self) -> int:
        """Ask it to go (SIGTERM), wait until it has, and return its exit code."""
        self.process.terminate()
        return self.process.wait(_STOP_DEADLINE_S)

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would."""
        self.process.kill()
        self.process.wait(_STOP_DEADLINE_S)


@dataclass(frozen=True)
class AgentProcess:
    """A `tests.fake_agent`; another one on the same state folder is its next life."""

    process: "subprocess.Popen[bytes]"
    log_writer: "subprocess.Popen[bytes]"
    state_dir: Path
    log: Path

    @property
    def pid(self) -> int:
        """The process's id."""
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        """Say whether it runs, be it suspended."""
        return self.process.poll() is None

    def children(self) -> list[psutil.Process]:
        """Return its measuring children."""
        return [child for child in psutil.Process(self.pid).children() if "tests.fake_child" in _command(child)]

    def fill_disk(self) -> None:
        """Let none of its files grow any more, as on a full disk."""
        _, most = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (0, most))

    def free_disk(self) -> None:
        """Let its files grow again."""
        _, most = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (most, most))

    def suspend(self) -> None:
        """Stop it and its children, as a host does that goes to sleep."""
        self._everywhere(psutil.Process.suspend)

    def resume(self) -> None:
        """Let it and its children go on."""
        self._everywhere(psutil.Process.resume)

    def wait(self) -> int:
        """Return its exit code once it has ended."""
        code = self.process.wait(_STOP_DEADLINE_S)
        self.log_writer.wait(_STOP_DEADLINE_S)
        return code

    def stop(self) -> int:
        """Ask it to go (SIGTERM), wait until it has, and return its exit code."""
        self.process.terminate()
        return self.wait()

    def kill(self) -> None:
        """End it at once (SIGKILL), if it still runs."""
        self.process.kill()
        self.wait()

    def _everywhere(self, act: Callable[[psutil.Process], None]) -> None:
        supervisor = psutil.Process(self.pid)
        for process in (supervisor, *supervisor.children()):
            with suppress(psutil.NoSuchProcess):  # a child may end at any time
                act(process)


def has_ended(pid: int) -> bool:
    """Say whether a process has, be it that nobody has fetched its exit code yet."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def start_service(
    folder: Path,
    port: int | None = None,
    lease_s: float = 90.0,
    settings: Mapping[str, str] = MappingProxyType({}),
    database: str | None = None,
) -> ServiceProcess:
    """Start a service and return once it is ready.

    Args:
        folder: Holds its log, and its database where none is given.
        port: A free one where none is given.
        lease_s: How long it lends jobs.
        settings: Further ones, as variables of its environment.
        database: Its URL; `folder`/latency.db where none is given.

    Raises:
        RuntimeError: It ended or was not ready in time; the message holds its log.
    """
    port = port or free_port()
    log = folder / "service.log"
    command = console_script("latency-service")
    database = database or f"sqlite:///{folder / 'latency.db'}"
    flags = ["--database", database, "--port", str(port), "--lease-s", str(lease_s)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [command, "serve", *flags], stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **settings}
        )
    service = ServiceProcess(f"http://127.0.0.1:{port}", process, log)
    _wait_until_ready(service)
    return service


def start_fake_agent(server: str, state_dir: Path, *options: str) -> AgentProcess:
    """Start `tests.fake_agent` without a stopwatch; it locks its cores against no other agent."""
    state_dir.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.fake_agent", server, str(state_dir), "--no-stopwatch", *options]
    environment = {**os.environ, "DEVICE_AGENT_LOCK_DIR": str(state_dir)}
    log = state_dir / "agent.log"
    with log.open("ab") as output:  # through a pipe: a file would be on the disk that a test may fill
        writer = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=output)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=writer.stdin, env=environment, cwd=_REPOSITORY)
    assert writer.stdin is not None
    writer.stdin.close()
    return AgentProcess(process, writer, state_dir, log)


@contextmanager
def running_service(folder: Path, lease_s: float = 90.0) -> Iterator[ServiceProcess]:
    """Start a service and stop it at the end, if it still runs then."""
    service = start_service(folder, lease_s=lease_s)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.stop()


def _wait_until_ready(service: ServiceProcess) -> None:
    deadline = time.monotonic() + _START_DEADLINE_S
    while time.monotonic() < deadline and service.process.poll() is None:
        try:
            if httpx.get(f"{service.url}/health/ready").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(_POLL_S)
    if service.process.poll() is None:
        service.kill()
    raise RuntimeError(f"the service was not ready in time:\n{service.log.read_text()}")


def _command(process: psutil.Process) -> list[str]:
    try:
        command: list[str] = process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []
    return command
