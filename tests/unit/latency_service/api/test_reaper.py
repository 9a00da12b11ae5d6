import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from latency_service.api.reaper import reaping
from latency_service.database import Database
from latency_service.services.reaping import Reaper
from latency_service.settings import Settings
from tests.deadlines import eventually
from tests.service_data import ManualClock


class CountingReaper(Reaper):
    """Counts its rounds; the first `failures` of them fail."""

    def __init__(self, database: Database, failures: int = 0) -> None:
        super().__init__(database, Settings(database="sqlite:///unused.db"), ManualClock())
        self.rounds = 0
        self._failures = failures

    def do_round(self) -> None:
        self.rounds += 1
        if self.rounds <= self._failures:
            raise RuntimeError("the database is away")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'latency.db'}")
    yield database
    database.close()


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "reaper"]


def test_rounds_follow_each_other_until_the_end(database: Database) -> None:
    reaper = CountingReaper(database)
    with reaping(reaper, every_s=0.001):
        eventually(lambda: reaper.rounds >= 3)
    assert threads() == []


def test_a_round_that_fails_is_logged_and_the_next_one_comes(database: Database) -> None:
    reaper = CountingReaper(database, failures=2)
    with capture_logs() as logs, reaping(reaper, every_s=0.001):
        eventually(lambda: reaper.rounds >= 4)
    assert [(line["log_level"], line["exc_info"]) for line in logs] == [("error", True)] * 2


def test_no_thread_is_started_where_requests_do_the_work(database: Database) -> None:
    with reaping(CountingReaper(database), every_s=0):
        assert threads() == []


def test_an_error_within_ends_the_thread_too(database: Database) -> None:
    with pytest.raises(KeyError), reaping(CountingReaper(database), every_s=60):
        raise KeyError
    assert threads() == []
