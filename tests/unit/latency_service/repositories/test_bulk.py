"""Many rows at once, on both engines."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from latency_service.database import Database
from latency_service.repositories.bulk import CHUNK_SIZE, among, chunks, insert_all
from latency_service.tables import ApiKey, Workload
from tests.service_data import START

COUNT = 3 * CHUNK_SIZE


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def workload(number: int, spec: object = None) -> dict[str, object]:
    return {"key": f"key-{number}", "kind": "identity", "spec": spec if spec is not None else f"spec {number}"}


@pytest.mark.parametrize("count", [0, 1, CHUNK_SIZE, CHUNK_SIZE + 1, 3 * CHUNK_SIZE])
def test_chunks_hold_all_items_in_order_and_none_is_too_large(count: int) -> None:
    pieces = list(chunks(range(count)))
    assert [item for piece in pieces for item in piece] == list(range(count))
    assert all(0 < len(piece) <= CHUNK_SIZE for piece in pieces)


def test_rows_come_back_as_they_were_inserted(database: Database) -> None:
    awkward = {"ops": ["a'b", 'say "no"', "back\\slash", "\u00e9 %s :name"], "none": None}
    with database.writing() as session:
        insert_all(session, Workload, [workload(1, awkward), *(workload(number) for number in range(2, COUNT))])
    with database.reading() as session:
        assert session.get_one(Workload, "key-1").spec == awkward
        assert session.get_one(Workload, f"key-{COUNT - 1}").spec == f"spec {COUNT - 1}"


def test_moments_and_missing_values_come_back_too(database: Database) -> None:
    members = {"id": "k", "name": "n", "scope": "agent", "devices": ["a-*"], "salt": "s", "secret_hash": "h"}
    with database.writing() as session:
        insert_all(session, ApiKey, [members | {"created_at": START, "revoked_at": None}])
    with database.reading() as session:
        row = session.get_one(ApiKey, "k")
        assert (row.created_at, row.revoked_at, row.devices) == (START, None, ["a-*"])


def test_no_rows_are_nothing_to_insert(database: Database) -> None:
    with database.writing() as session:
        insert_all(session, Workload, [])


def test_a_row_that_is_there_already_is_an_error_or_stays_as_it_is(database: Database) -> None:
    with database.writing() as session:
        insert_all(session, Workload, [workload(1)])
    with database.writing() as session:
        insert_all(session, Workload, [workload(1, "another"), workload(2)], skip_present=True)
        assert session.get_one(Workload, "key-1").spec == "spec 1"
        assert session.get_one(Workload, "key-2").spec == "spec 2"
    with pytest.raises(IntegrityError), database.writing() as session:
        insert_all(session, Workload, [workload(1)])


@pytest.mark.parametrize("count", [0, 1, COUNT])
def test_values_may_be_more_than_a_statement_has_variables(database: Database, count: int) -> None:
    with database.writing() as session:
        insert_all(session, Workload, [workload(number) for number in range(COUNT)])
        wanted = [f"key-{number}" for number in range(-1, count - 1)]
        found = session.scalars(select(Workload.key).where(among(session, Workload.key, wanted))).all()
    assert sorted(found) == sorted(wanted[1:])
