from collections.abc import Iterator

import pytest

from latency_service.contract.messages import ApiKeyRequest
from latency_service.database import Database
from latency_service.doctor.checks_access import check_keys
from latency_service.doctor.stand import Stand
from latency_service.services import access
from latency_service.settings import Settings
from tests.service_data import START


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def test_a_service_that_anybody_could_reach_without_a_key_is_bad(database: Database) -> None:
    finding = check_keys(Stand(Settings(host="0.0.0.0"), database, START))
    assert finding.severity == "bad"
    assert "keys create" in finding.mend


def test_on_loopback_no_key_is_needed(database: Database) -> None:
    assert check_keys(Stand(Settings(), database, START)).severity == "good"


def test_once_there_is_a_key_it_is_asked_for(database: Database) -> None:
    request = ApiKeyRequest(name="ada", scope="admin")
    database.write(lambda session: access.create(session, request, START))
    finding = check_keys(Stand(Settings(host="0.0.0.0"), database, START))
    assert (finding.severity, finding.seen) == ("good", "asked for")
