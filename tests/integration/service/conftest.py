"""A service in this process, its database in a file, at the time of a manual clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from latency_service import schema
from latency_service.api.app import create_app
from latency_service.database import Database
from latency_service.settings import Settings
from tests.service_data import ManualClock


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(database=f"sqlite:///{tmp_path / 'latency.db'}")
    database = Database(settings.database)
    schema.migrate(database)
    database.close()
    return settings


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def client(settings: Settings, clock: ManualClock) -> Iterator[TestClient]:
    with TestClient(create_app(settings, clock), raise_server_exceptions=False) as client:
        yield client
