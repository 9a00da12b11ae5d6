"""Tables that came from files: marked, and never mixed with what was measured."""

import pytest
from pydantic import ValidationError

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import Conflict
from latency_service.contract.messages import Entry, SnapshotId, Table, TableId
from latency_service.contract.network import WorkloadKey
from latency_service.database import Database
from latency_service.repositories import conditions, entries, latency_tables, workloads
from latency_service.services import catalogue, registration, snapshots
from latency_service.services.entries import encode
from tests.contract.service import Service
from tests.service_data import CONDITIONS, DEVICE, START, keys, measurement, op

PHONE, SOURCE = "pixel-1", "a paper, table 3"
KEY = keys(1)[0]


@pytest.fixture
def table_id(database: Database) -> TableId:
    """The table of a phone that nobody here has, with one entry."""
    return import_entry(database, PHONE)


def import_entry(database: Database, device: str, source: str = SOURCE, latency_ms: float = 2.5) -> TableId:
    entry = Entry(
        workload=WorkloadKey(KEY),
        latency_ms=latency_ms,
        ci_low_ms=None,
        ci_high_ms=None,
        n=0,
        verdict="ok",
        source="imported",
        measured_at=None,
        measurement_id=None,
    )
    with database.writing() as session:
        conditions_id = conditions.ensure(session, CONDITIONS)
        workloads.ensure(session, {KEY: op(1)})
        table_id = latency_tables.ensure_imported(session, device, source, conditions_id, START)
        document = encode(entry.model_dump(mode="json"))
        row: entries.Row = {"table_id": table_id, "workload_key": KEY, "verdict": "ok", "measured_at": None}
        entries.put(session, [row | {"document": document, "sessions": []}])
    return table_id


def cut(database: Database, table_id: TableId) -> SnapshotId:
    return database.write(lambda session: snapshots.cut(session, table_id, START))


def table(database: Database, table_id: str) -> Table:
    return database.read(lambda session: catalogue.get_table(session, table_id))


def test_an_imported_table_says_where_it_came_from(database: Database, table_id: TableId) -> None:
    told = table(database, table_id)
    assert (told.provenance, told.source, told.protocol_version) == ("imported", SOURCE, 0)
    assert (told.device, told.entries, told.is_current_state) == (PHONE, 1, True)


def test_its_snapshot_says_so_too(service: Service, table_id: TableId) -> None:
    snapshot = service.snapshot(cut(service.database, table_id))
    assert (snapshot.provenance, snapshot.source) == ("imported", SOURCE)
    assert [(entry.workload, entry.source, entry.ci_low_ms) for entry in snapshot.ops] == [(KEY, "imported", None)]


def test_importing_again_makes_no_other_table_and_the_same_snapshot(database: Database, table_id: TableId) -> None:
    first = cut(database, table_id)
    assert import_entry(database, PHONE) == table_id
    assert cut(database, table_id) == first


def test_two_sources_of_one_device_have_tables_of_their_own(database: Database, table_id: TableId) -> None:
    other = import_entry(database, PHONE, "another paper", 3.5)
    assert other != table_id
    assert {table(database, each).source for each in (table_id, other)} == {SOURCE, "another paper"}


def test_what_is_imported_for_a_device_that_measures_stands_beside_its_measurements(service: Service) -> None:
    measured = service.measure([op(1)], 1.0)
    imported = import_entry(service.database, DEVICE)
    assert imported != measured.table_id
    assert not table(service.database, imported).is_current_state
    assert table(service.database, measured.table_id or "").is_current_state
    assert service.look_up(measured.table_id or "", [KEY]).entries[0].latency_ms == 1.0
    assert service.look_up(imported, [KEY]).entries[0].latency_ms == 2.5


def test_once_an_agent_registers_the_device_its_own_state_is_the_present_one(
    service: Service, table_id: TableId
) -> None:
    service.register(PHONE)
    assert not table(service.database, table_id).is_current_state


def test_nobody_can_have_a_device_measured_that_no_agent_speaks_for(service: Service, table_id: TableId) -> None:
    with pytest.raises(Conflict, match="imported"):
        service.profile([op(1)], device=PHONE)


def test_no_measurement_can_be_taken_for_an_imported_value(service: Service) -> None:
    """A table is imported where its protocol's version is 0, which no measurement can have."""
    with pytest.raises(ValidationError):
        measurement(protocol_version=0)


def test_a_device_that_is_known_from_an_import_alone_has_no_description(service: Service, table_id: TableId) -> None:
    device = service.database.read(lambda session: registration.get_device(session, PHONE))
    assert device.description is None
    assert device.facts.facts == {"provenance": "imported", "source": SOURCE}


def test_other_conditions_are_another_table(service: Service, table_id: TableId) -> None:
    with service.database.writing() as session:
        conditions_id = conditions.ensure(session, Conditions(runtime="tflite"))
        assert latency_tables.ensure_imported(session, PHONE, SOURCE, conditions_id, START) != table_id
