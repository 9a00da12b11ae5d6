"""Agents as real processes beside each other, under systemd and under a monitor's eyes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from latency_service.contract.messages import JobResult
from tests.fake_service import FakeService, serving
from tests.fake_worker import HANGS, QUICK, job

_DEADLINE_S = 90.0
CORES = sorted(os.sched_getaffinity(0))[:2]

Agent = subprocess.Popen[str]
Start = Callable[..., Agent]


@pytest.fixture
def service() -> Iterator[FakeService]:
    with serving(FakeService()) as running:
        yield running


@pytest.fixture
def start(service: FakeService, tmp_path: Path) -> Iterator[Start]:
    """Start an agent with some environment; agents of one test share a lock folder."""
    agents: list[Agent] = []

    def start_one(**environment: object) -> Agent:
        command = [sys.executable, "-m", "tests.fake_agent", service.url, str(tmp_path / str(len(agents)))]
        settings = {"DEVICE_AGENT_LOCK_DIR": str(tmp_path / "locks")}
        settings |= {name: str(value) for name, value in environment.items()}
        agents.append(
            subprocess.Popen(
                command, env=os.environ | settings, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
            )
        )
        return agents[-1]

    yield start_one
    for agent in agents:
        agent.kill()
        agent.communicate()


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def line_with(agent: Agent, event: str) -> dict[str, str]:
    """Return the next line of the agent's log that tells of that event."""
    assert agent.stderr is not None
    for line in agent.stderr:
        said: dict[str, str] = json.loads(line)
        if said["event"] == event:
            return said
    raise AssertionError(f"the agent ended without {event!r}")


def children_of(agent: Agent) -> list[psutil.Process]:
    return [child for child in psutil.Process(agent.pid).children() if "tests.fake_worker" in child.cmdline()]


def test_a_second_agent_on_the_same_core_is_told_who_has_it(start: Start) -> None:
    first = start(DEVICE_AGENT_CORES=CORES[0])
    line_with(first, "registered")
    second = start(DEVICE_AGENT_CORES=CORES[0])
    _, said = second.communicate(timeout=_DEADLINE_S)
    assert second.returncode == 1
    assert f"core {CORES[0]} is held by the agent with pid {first.pid}" in said
    assert "Traceback" not in said


def test_a_killed_agent_leaves_its_core_to_the_next(start: Start, service: FakeService) -> None:
    service.queue = [job(HANGS)]
    first = start(DEVICE_AGENT_CORES=CORES[0])
    line_with(first, "leased")
    first.kill()
    first.wait()
    line_with(start(DEVICE_AGENT_CORES=CORES[0]), "registered")


def test_agents_on_disjoint_cores_measure_side_by_side_and_do_not_void_each_others_samples(
    start: Start, service: FakeService
) -> None:
    agents = [start(DEVICE_AGENT_CORES=core) for core in CORES]
    for agent in agents:
        line_with(agent, "registered")
    service.batch = 4
    service.queue = [job(QUICK, number) for number in range(8)]
    eventually(lambda: [child_cores(agent) for agent in agents] == [[core] for core in CORES])
    eventually(lambda: len(service.results) == 8)
    beside_a_neighbour = [result for result in service.results.values() if saw_a_neighbour(result)]
    assert beside_a_neighbour
    assert any(result.measurement and result.measurement.verdict != "unfit" for result in beside_a_neighbour)


def child_cores(agent: Agent) -> list[int]:
    try:
        return [core for child in children_of(agent) for core in child.cpu_affinity()]
    except psutil.NoSuchProcess:  # it ended while it was looked at
        return []


def saw_a_neighbour(result: JobResult) -> bool:
    return result.measurement is not None and (result.measurement.foreign_load or 0) > 0.3


def test_systemd_is_told_of_start_progress_and_end(start: Start, service: FakeService, tmp_path: Path) -> None:
    service.queue = [job(QUICK)]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(_DEADLINE_S)
        agent = start(DEVICE_AGENT_CORES=CORES[0], NOTIFY_SOCKET=tmp_path / "notify")
        heard = [manager.recv(1000).decode()]
        while heard[-1] != "STATUS=board: nothing to do":
            heard.append(manager.recv(1000).decode())
        agent.send_signal(signal.SIGTERM)
        while heard[-1] != "STOPPING=1":
            heard.append(manager.recv(1000).decode())
    assert heard[0] == "READY=1"
    assert any(text.startswith("STATUS=board: 1 of 1, fake fp32") for text in heard)
    assert agent.wait(_DEADLINE_S) == 0


def test_a_monitor_sees_the_batch_and_its_results(start: Start, service: FakeService) -> None:
    agent = start(DEVICE_AGENT_CORES=CORES[0], DEVICE_AGENT_STATUS_PORT=0)
    url = line_with(agent, "serving the status")["url"]
    service.queue = [job(QUICK)]
    eventually(lambda: httpx.get(url).json()["devices"][0]["uploaded"] == 1)
    service.queue = [job(HANGS)]
    eventually(lambda: httpx.get(url).json()["devices"][0]["lease"] is not None)
    document = httpx.get(url).json()
    assert document["is_alive"]
    assert document["devices"][0]["lease"]["jobs"] == 1
    assert document["server"] == f"{service.url}/"
