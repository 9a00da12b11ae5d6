"""Databases with something in them."""

from collections.abc import Iterator

import pytest

from latency_service.database import Database
from tests import old_databases
from tests.contract.service import Service


@pytest.fixture
def filled_url(database_url: str) -> str:
    """The URL of a database with rows in its tables, on each engine in turn."""
    database = Database(database_url)
    with database.connecting() as connection:
        old_databases.fill(connection)
    database.close()
    return database_url


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    """A service with one registered device, on each engine in turn."""
    database = Database(database_url)
    service = Service(database)
    service.register()
    yield service
    database.close()
