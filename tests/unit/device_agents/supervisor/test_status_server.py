import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from device_agents.supervisor.heartbeat import Heartbeat
from device_agents.supervisor.registration import agent_version
from device_agents.supervisor.status import STUCK_S, AgentStatus
from device_agents.supervisor.status_server import serving_status
from device_agents.supervisor.systemd import Systemd
from tests.fake_service import FakeService, serving
from tests.fake_worker import QUICK, job
from tests.unit.device_agents.bench import Bench


class Watch:
    """A clock that the test turns."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def url(watch: Watch) -> Iterator[str]:
    status = AgentStatus("http://server", (), Heartbeat(watch, Systemd(None)), watch)
    with serving_status(status, "127.0.0.1", 0) as url:
        yield url


def test_a_working_agent_says_what_it_has_done(tmp_path: Path) -> None:
    with serving(FakeService()) as service:
        service.queue = [job(QUICK)]
        bench = Bench(service, tmp_path)
        with serving_status(bench.status, "127.0.0.1", 0) as url:
            bench.daemon.run()
            answer = httpx.get(url)
    document = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert document["version"] == agent_version()
    assert document["service_reachable"] is True
    (device,) = document["devices"]
    assert device["name"] == "board"
    assert device["device_state"] == service.requests[0].device_state
    assert device["uploaded"] == sum(device["measured"].values()) == 1


def test_an_agent_whose_main_loop_is_stuck_answers_503(url: str, watch: Watch) -> None:
    assert httpx.get(url).status_code == 200
    watch.now_s = STUCK_S + 1
    answer = httpx.get(url)
    assert answer.status_code == 503
    assert answer.json()["silent_s"] == STUCK_S + 1


def test_other_paths_are_told_where_to_look(url: str) -> None:
    answer = httpx.get(url.replace("/status", "/"))
    assert answer.status_code == 404
    assert "/status" in answer.text


def test_a_port_that_is_taken_is_an_error(url: str) -> None:
    status = AgentStatus("http://server", (), Heartbeat(Watch(), Systemd(None)), Watch())
    with pytest.raises(OSError, match="in use"), serving_status(status, "127.0.0.1", httpx.URL(url).port or 0):
        pass


def test_the_server_ends_with_its_agent(watch: Watch) -> None:
    with serving_status(AgentStatus("http://server", (), Heartbeat(watch, Systemd(None)), watch), "127.0.0.1", 0):
        pass
    assert "status" not in {thread.name for thread in threading.enumerate()}
