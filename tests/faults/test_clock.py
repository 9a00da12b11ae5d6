"""Somebody sets the clock: the agent's, or the service's, back or forth, in the middle of a lease."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn

from demo.processes import free_port
from latency_service import schema
from latency_service.api.app import create_app
from latency_service.database import Database
from latency_service.settings import Settings
from tests.fake_child import STEADY
from tests.faults.rig import LEASE_S, Rig, assert_whole, eventually, rigged

HOUR_S = 3600.0
STEPS_S = pytest.mark.parametrize("step_s", [-HOUR_S, HOUR_S], ids=["back", "forth"])


class SettableClock:
    """The host's clock, set wrong."""

    def __init__(self) -> None:
        self.wrong_by_s = 0.0

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.wrong_by_s)


@contextmanager
def serving(folder: Path, clock: Callable[[], datetime]) -> Iterator[str]:
    """Run the real service in this process, at the time of a clock; yield its address."""
    settings = Settings(database=f"sqlite:///{folder / 'latency.db'}", port=free_port(), lease_s=LEASE_S, poll_s=0.1)
    database = Database(settings.database)
    schema.migrate(database)
    database.close()
    server = uvicorn.Server(uvicorn.Config(create_app(settings, clock), port=settings.port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{settings.port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def clocked_rig(clock: SettableClock, tmp_path: Path) -> Iterator[Rig]:
    with serving(tmp_path, clock) as url, rigged(url, "board", tmp_path) as rig:
        yield rig


@STEPS_S
def test_a_device_whose_calendar_jumps_while_it_measures_is_measured_all_the_same(rig: Rig, step_s: float) -> None:
    rig.start_agent("--clock-step-s", str(step_s))
    assert_whole(rig, rig.ask(2))


@STEPS_S
def test_a_service_whose_clock_is_set_in_the_middle_of_a_lease_loses_nothing(
    clocked_rig: Rig, clock: SettableClock, step_s: float
) -> None:
    clocked_rig.start_agent("--max-jobs", "2")
    asked = clocked_rig.ask(4, STEADY)
    clocked_rig.wait_until_lent(asked)
    clock.wrong_by_s = step_s
    assert_whole(clocked_rig, asked)


@STEPS_S
def test_the_jobs_of_a_killed_agent_are_free_within_twice_their_lease_whatever_the_clock_was_set_to(
    clocked_rig: Rig, clock: SettableClock, step_s: float
) -> None:
    agent = clocked_rig.start_agent()
    asked = clocked_rig.ask(2, STEADY)
    clocked_rig.wait_until_lent(asked)
    agent.kill()
    clock.wrong_by_s = step_s
    clocked_rig.wait_until_free(asked)
    clocked_rig.start_agent()
    assert_whole(clocked_rig, asked)
