"""The engines over which every behaviour of the service must hold."""

from collections.abc import Iterator

import pytest

from latency_service.database import Database
from tests.contract.service import Service


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def service(database: Database) -> Service:
    """A service with one registered device."""
    service = Service(database)
    service.register()
    return service
