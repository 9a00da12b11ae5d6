"""Serving: what is held against each other - a bare app and the service, each in a process on the same core."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from demo.processes import free_port
from tests.processes import ServiceProcess, start_service

#: One client asks for all; its address has no allowance of its own here.
UNLIMITED = {"LATENCY_SERVICE_REQUESTS_PER_S": "1e9", "LATENCY_SERVICE_BURST": "1000000000"}
_DEADLINE_S = 30.0
_POLL_S = 0.02


@dataclass(frozen=True)
class Server:
    """A process that answers on a port of this host."""

    port: int
    process: psutil.Process

    @property
    def cpu_s(self) -> float:
        """What it has computed so far, seconds of one core."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def pin(self, core: int | None) -> None:
        """Bind all that it runs to one core; None leaves it where it is."""
        if core is not None:
            for thread in self.process.threads():
                os.sched_setaffinity(thread.id, {core})


@contextmanager
def bare(core: int | None) -> Iterator[Server]:
    """Serve the bare app by the same server that the service uses."""
    port = free_port()
    flags = ["--port", str(port), "--no-access-log", "--log-level", "warning"]
    process = subprocess.Popen([sys.executable, "-m", "uvicorn", "benchmarks.bare_app:app", *flags])
    try:
        _wait_for(port)
        server = Server(port, psutil.Process(process.pid))
        server.pin(core)
        yield server
    finally:
        process.terminate()
        process.wait()


@contextmanager
def service(database: str, folder: Path, core: int | None, lease_s: float = 90.0) -> Iterator[Server]:
    """Serve a database as `latency-service serve` does, to a client that may ask as often as it can."""
    folder.mkdir(exist_ok=True)
    started = start_service(folder, lease_s=lease_s, settings=UNLIMITED, database=database)
    try:
        server = Server(_port(started), psutil.Process(started.pid))
        server.pin(core)
        yield server
    finally:
        started.stop()


def _port(started: ServiceProcess) -> int:
    return int(started.url.rsplit(":", 1)[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(_POLL_S)
    raise RuntimeError("the bare app was not ready in time")
