"""Entries follow from a table's measurements alone, in whatever order and portions these came."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import delete

from latency_service.contract.messages import Entry, MeasurementId, TableId
from latency_service.database import Database
from latency_service.repositories import entries as stored_entries
from latency_service.services import entries
from latency_service.tables import Entry as EntryRow
from latency_service.tables import Measurement
from tests.contract.service import Service
from tests.service_data import START, keys, measurement, new_id, ops

KEYS = keys(3)


@pytest.fixture
def table_id(service: Service) -> TableId:
    """A table that knows the keys, and holds one noisy measurement of each."""
    table_id = service.measure(ops(3), verdict="noisy").table_id
    assert table_id is not None
    return table_id


def stored(table_id: str, key: str, sequence: int, rng: random.Random) -> Measurement:
    body = measurement(rng.uniform(0.99, 1.01), rng.choice(["ok", "ok", "noisy", "unfit"]))
    return Measurement(
        sequence=sequence,
        id=new_id(),
        body_hash="",
        table_id=table_id,
        workload_key=key,
        attempt=1,
        leased=True,
        verdict=body.verdict,
        reasons=list(body.reasons),
        summary=body.summary.model_dump(),
        started_at=START,
        finished_at=START + timedelta(seconds=sequence, microseconds=sequence % 2),
        received_at=START,
    )


def absorb(database: Database, table_id: str, rows: Sequence[Measurement]) -> None:
    database.write(lambda session: entries.absorb(session, table_id, rows))


def documents(database: Database, table_id: str) -> dict[str, Entry]:
    return database.read(lambda session: entries.current_entries(session, table_id))


@pytest.mark.parametrize("seed", range(3))
def test_entries_do_not_depend_on_the_order_and_portions_of_arrival(
    database: Database, table_id: TableId, seed: int
) -> None:
    rng = random.Random(seed)
    rows = [stored(table_id, rng.choice(KEYS), sequence, rng) for sequence in range(100, 160)]
    absorb(database, table_id, rows)
    at_once = documents(database, table_id)
    database.write(lambda session: session.execute(delete(EntryRow)))
    rng.shuffle(rows)
    for start in range(0, len(rows), 7):
        absorb(database, table_id, rows[start : start + 7])
    assert documents(database, table_id) == at_once
    assert {entry.sessions for entry in at_once.values()} == {5}


def test_measurements_that_arrive_at_the_same_time_all_count(database: Database, table_id: TableId) -> None:
    rng = random.Random(1)
    rows = [stored(table_id, KEYS[0], sequence, rng) for sequence in range(100, 116)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda row: absorb(database, table_id, [row]), rows))
    at_the_same_time = documents(database, table_id)
    database.write(lambda session: session.execute(delete(EntryRow)))
    absorb(database, table_id, rows)
    assert documents(database, table_id)[KEYS[0]] == at_the_same_time[KEYS[0]]


def test_an_entry_is_the_latest_ok_session_and_those_that_agree_with_it(service: Service) -> None:
    for median in (1.0, 1.002, 1.001):
        status = service.measure(ops(1), median)
    assert status.table_id is not None
    (entry,) = service.look_up(status.table_id, KEYS[:1]).entries
    assert (entry.sessions, entry.n) == (3, 21)
    assert entry.latency_ms == pytest.approx(1.001, abs=1e-4)


def test_a_shifted_device_is_believed_at_once(service: Service) -> None:
    service.measure(ops(1), 1.0)
    status = service.measure(ops(1), 1.5)
    assert status.table_id is not None
    (entry,) = service.look_up(status.table_id, KEYS[:1]).entries
    assert entry.sessions == 1
    assert entry.latency_ms == pytest.approx(1.5)


def test_a_stored_entry_is_the_contracts_entry_as_canonical_json(database: Database, table_id: TableId) -> None:
    rows = [stored(table_id, KEYS[0], 101, random.Random(1))]
    absorb(database, table_id, rows)
    entry = documents(database, table_id)[KEYS[0]]
    members = entry.model_dump(mode="json")
    assert entries.encode(members) == orjson.dumps(members, option=orjson.OPT_SORT_KEYS).decode()
    with database.reading() as session:
        assert stored_entries.documents(session, table_id, KEYS[:1]) == {KEYS[0]: entries.encode(members)}
    assert entry.measurement_id == MeasurementId(rows[0].id)
