"""The agent as real processes - supervisor and measuring child - against a service on loopback."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from latency_service.contract.errors import AgentTooOld
from latency_service.contract.messages import JobResult
from tests.fake_service import FakeService, serving
from tests.fake_worker import HANGS, QUICK, SLOW, UNSUPPORTED, job

_DEADLINE_S = 90.0


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def measuring_children(agent: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    return [child for child in psutil.Process(agent.pid).children() if "tests.fake_worker" in child.cmdline()]


def measured(results: dict[str, JobResult]) -> int:
    return sum(result.measurement is not None for result in results.values())


@pytest.fixture
def service() -> Iterator[FakeService]:
    with serving(FakeService()) as running:
        yield running


Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def start(service: FakeService, tmp_path: Path) -> Iterator[Start]:
    agents: list[subprocess.Popen[bytes]] = []

    def start_one() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.fake_agent", service.url, str(tmp_path)]
        agents.append(subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL))
        return agents[-1]

    yield start_one
    for agent in agents:
        agent.kill()
        agent.communicate()


def test_an_agent_measures_a_queue_and_leaves_when_asked(service: FakeService, start: Start) -> None:
    service.queue = [job(QUICK, number) for number in range(6)]
    agent = start()
    eventually(lambda: len(service.results) == 6)
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(_DEADLINE_S) == 0
    assert measured(service.results) == 6
    description = service.registrations[0].description
    assert description.runtimes["fake"].available


def test_a_measuring_child_that_is_killed_costs_no_measurement(service: FakeService, start: Start) -> None:
    service.queue = [job(SLOW, number) for number in range(2)]
    agent = start()
    eventually(lambda: bool(service.leases) and bool(measuring_children(agent)))
    measuring_children(agent)[0].kill()
    eventually(lambda: len(service.results) == 2)
    assert measured(service.results) == 2


def test_a_killed_supervisor_leaves_no_child_and_its_results_come_after_a_restart(
    service: FakeService, start: Start, tmp_path: Path
) -> None:
    service.queue = [job(UNSUPPORTED), job(HANGS)]
    service.goes_away_after_lending = True
    agent = start()
    eventually(lambda: bool(list(tmp_path.rglob("spool/*.json"))))
    children = measuring_children(agent)
    agent.kill()
    agent.wait()
    eventually(lambda: not any(child.is_running() and child.status() != "zombie" for child in children))
    assert children
    assert service.results == {}

    service.failing, service.goes_away_after_lending = None, False
    start()
    eventually(lambda: job(UNSUPPORTED).job_id in service.results)
    eventually(lambda: not list(tmp_path.rglob("spool/*.json")))
    eventually(lambda: service.released == list(service.leases))  # what is not finished is not left to expire


def test_a_terminals_interrupt_does_not_reach_the_child(service: FakeService, start: Start) -> None:
    service.queue = [job(SLOW)]
    agent = start()
    eventually(lambda: bool(service.leases) and bool(measuring_children(agent)))
    assert os.getpgid(measuring_children(agent)[0].pid) != os.getpgid(agent.pid)
    agent.send_signal(signal.SIGINT)
    assert agent.wait(_DEADLINE_S) == 0
    assert measured(service.results) == 1


def test_an_agent_that_is_too_old_says_so_and_exits_with_its_own_code(service: FakeService, start: Start) -> None:
    service.failing = AgentTooOld("the service speaks protocol 9; upgrade the agent")
    agent = start()
    _, stderr = agent.communicate(timeout=_DEADLINE_S)
    assert agent.returncode == 3
    assert b"upgrade the agent" in stderr
    assert b"Traceback" not in stderr
