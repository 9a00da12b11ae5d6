"""What every test needs: agents apart from the machine's real ones, logging as it was, databases of either engine."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from latency_service import schema
from latency_service.database import Database
from tests.engines import ENGINES, PostgresServer, running_postgres

# On a busy machine, torch's threads that wait for each other over a few pixels take ten times as long. Read at import.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_configure() -> None:
    """Let Ctrl-C work: a shell starts what runs in its background with SIGINT ignored, and processes inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _agents_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep agents from the core locks and the configuration of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEVICE_AGENT_LOCK_DIR", str(tmp_path_factory.mktemp("locks")))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Undo what a command configured that ran within the test: its stderr is closed by the next one."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL, started when the first test asks for it."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database at the newest revision, on each engine in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'latency.db'}"
        database = Database(url)
        schema.migrate(database)
        database.close()
        yield url
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.create()
        yield url
        server.drop(url)


@pytest.fixture(params=ENGINES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, on each engine in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'latency.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.create(migrated=False)
        yield url
        server.drop(url)
