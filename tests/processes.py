"""Real processes for tests: a service on loopback, with a port that the system chose."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from demo.processes import console_script, free_port

_START_DEADLINE_S = 60.0
_STOP_DEADLINE_S = 20.0
_POLL_S = 0.05


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


def start_service(folder: Path, port: int | None = None, lease_s: float = 90.0) -> ServiceProcess:
    """Start a service on `folder`/latency.db and return once it is ready.

    Raises:
        RuntimeError: It ended or was not ready in time; the message holds its log.
    """
    port = port or free_port()
    log = folder / "service.log"
    command = console_script("latency-service")
    flags = ["--database", f"sqlite:///{folder / 'latency.db'}", "--port", str(port), "--lease-s", str(lease_s)]
    with log.open("ab") as output:
        process = subprocess.Popen([command, "serve", *flags], stdout=output, stderr=subprocess.STDOUT)
    service = ServiceProcess(f"http://127.0.0.1:{port}", process, log)
    _wait_until_ready(service)
    return service


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
