"""The engines over which every behaviour of the service must hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from latency_service import schema
from latency_service.database import Database
from tests.contract.service import Service


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    urls = {"sqlite": f"sqlite:///{tmp_path / 'latency.db'}"}
    database = Database(urls[request.param])
    schema.migrate(database)
    yield database
    database.close()


@pytest.fixture
def service(database: Database) -> Service:
    """A service with one registered device."""
    service = Service(database)
    service.register()
    return service
