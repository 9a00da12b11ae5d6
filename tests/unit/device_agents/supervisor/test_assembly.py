import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from device_agents.config import AgentSettings, load_settings
from device_agents.host.core_lock import CoresTaken, PhoneTaken
from device_agents.supervisor.assembly import connected, held_devices, run_agent
from device_agents.supervisor.spool import Spool
from tests.fake_service import FakeService, serving
from tests.fake_worker import QUICK, job, launcher
from tests.unit.device_agents.parts import TOKEN, a_result

PHONE = {"serial": "R5CT", "name": "galaxy", "benchmark_model": "/opt/benchmark_model"}


@pytest.fixture(autouse=True)
def _this_process_stays_as_it_is() -> Iterator[None]:
    cores = os.sched_getaffinity(0)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    os.sched_setaffinity(0, cores)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def settings(tmp_path: Path, **flags: object) -> AgentSettings:
    return load_settings(None, {"lock_dir": tmp_path / "locks", "state_dir": tmp_path, "name": "board", **flags})


def test_a_host_and_its_phones_are_devices_of_one_agent(tmp_path: Path) -> None:
    with held_devices(settings(tmp_path, phones=[PHONE])) as (host, phone):
        assert host.name == "board"
        assert host.cores == (max(os.sched_getaffinity(0) | set(host.cores)),)
        assert phone.name == "galaxy"
        assert phone.cores == ()


def test_how_many_jobs_are_measured_together_is_told_to_the_host_and_not_to_its_phones(tmp_path: Path) -> None:
    with held_devices(settings(tmp_path, phones=[PHONE], together=100)) as (host, phone):
        assert (host.together, phone.together) == (100, 16)


def test_an_agent_of_phones_alone_takes_no_core(tmp_path: Path) -> None:
    with (
        held_devices(settings(tmp_path, host=False, phones=[PHONE])) as devices,
        held_devices(settings(tmp_path)) as others,
    ):
        assert [device.name for device in devices] == ["galaxy"]
        assert [device.name for device in others] == ["board"]


def test_cores_and_phones_of_another_agent_are_refused(tmp_path: Path) -> None:
    with held_devices(settings(tmp_path, host=False, phones=[PHONE])):
        with pytest.raises(PhoneTaken), held_devices(settings(tmp_path, phones=[PHONE])):
            pass
        with held_devices(settings(tmp_path)), pytest.raises(CoresTaken), held_devices(settings(tmp_path)):
            pass


def test_an_agent_runs_until_it_is_asked_to_stop_and_lets_its_cores_go(tmp_path: Path) -> None:
    def stop_when_idle(text: str) -> None:
        if "nothing to do" in text:
            os.kill(os.getpid(), signal.SIGTERM)

    with serving(FakeService()) as service:
        service.queue = [job(QUICK)]
        how = settings(tmp_path, server=service.url, runtimes=("fake",))
        run_agent(how, launcher(), stop_when_idle)
        assert len(service.results) == 1
        assert service.registrations[0].name == "board"
        run_agent(how, launcher(), stop_when_idle)
        lives = [request.agent_id for request in service.requests]
        assert lives[0] == lives[1] != lives[-1], "each life of an agent has a name of its own"
    with held_devices(how):
        pass


def test_results_that_wait_for_another_server_are_told_of_and_not_sent_to_this_one(tmp_path: Path) -> None:
    elsewhere = settings(tmp_path, server="http://elsewhere:1")
    Spool(elsewhere.device_dir("board") / "spool").put(TOKEN, a_result())
    with serving(FakeService()) as service, capture_logs() as logs:
        how = settings(tmp_path, server=service.url, runtimes=("fake",))
        run_agent(how, launcher(), lambda text: os.kill(os.getpid(), signal.SIGTERM))
        assert service.results == {}
    (warning,) = [line for line in logs if "another server" in line["event"]]
    assert warning["waiting"] == 1


def test_an_agent_sends_its_key_and_warns_where_others_could_read_it(tmp_path: Path) -> None:
    key = "plk_0123456789ab_" + "f" * 64
    for server, warned in (("http://lab.test:8000", True), ("https://lab.test", False), ("http://service:8000", False)):
        with capture_logs() as logs, connected(settings(tmp_path, server=server, key=key)) as http:
            assert http.headers["authorization"] == f"Bearer {key}"
        assert any("use https" in line["event"] for line in logs) == warned
        assert key not in str(logs)
    with connected(settings(tmp_path)) as http:
        assert "authorization" not in http.headers
