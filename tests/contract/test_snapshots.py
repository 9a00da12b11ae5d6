"""Immutable cuts of a table."""

import hashlib
from pathlib import Path

import orjson
import pytest

from latency_service import schema
from latency_service.contract.errors import SnapshotNotFound, TableNotFound
from latency_service.contract.messages import SnapshotList
from latency_service.contract.network import NetworkSpec, Workload, workload_key
from latency_service.database import Database
from latency_service.repositories import conditions, entries, latency_tables, workloads
from latency_service.services import catalogue, snapshots
from latency_service.services.entries import entry_row
from tests.contract.service import Service
from tests.engines import PostgresServer
from tests.service_data import CONDITIONS, START, ZERO, failure, keys, op, ops, success


def content(service: Service, snapshot_id: str | None) -> bytes:
    assert snapshot_id is not None
    return service.database.read(lambda session: snapshots.get(session, snapshot_id).document)


def listed(service: Service, table_id: str | None, before: str | None = None, limit: int = 100) -> SnapshotList:
    assert table_id is not None
    return service.database.read(lambda session: snapshots.list_of_table(session, table_id, before, limit))


def test_the_id_is_the_hash_of_all_other_members_as_canonical_json(service: Service) -> None:
    stored = content(service, service.measure([*ops(2), ZERO]).snapshot_id)
    members = orjson.loads(stored)
    assert orjson.dumps(members, option=orjson.OPT_SORT_KEYS) == stored
    snapshot_id = members.pop("snapshot_id")
    canonical = orjson.dumps(members, option=orjson.OPT_SORT_KEYS)
    assert hashlib.sha256(canonical).hexdigest()[:32] == snapshot_id


def test_a_snapshot_holds_the_contracts_entries(service: Service) -> None:
    status = service.measure([*ops(2), ZERO])
    snapshot = service.snapshot(status.snapshot_id)
    members = orjson.loads(content(service, status.snapshot_id))
    assert "transfer" not in members  # snapshots of before there were quick profiles keep their ids
    assert snapshot.model_dump(mode="json") == members | {
        "ops": [each.model_dump(mode="json") for each in snapshot.ops],
        "transfer": None,
    }
    assert snapshot.snapshot_id == status.snapshot_id


def test_the_same_content_gives_the_same_snapshot(service: Service) -> None:
    first = service.measure(ops(2))
    service.clock.advance(60)
    again = service.status(service.profile(ops(2)))
    assert again.snapshot_id == first.snapshot_id
    assert len(listed(service, first.table_id).snapshots) == 1


def test_both_engines_give_the_same_content_the_same_id_whatever_order_the_rows_lie_in() -> None:
    """Databases sort text by their own rules: `-` and digits weigh nothing to PostgreSQL where its locale says so."""
    head = {"table_id": "t", "device": "board"}
    documents = {key: orjson.dumps({"workload": key}).decode() for key in ("a-b", "a1", "aB", "a", "A")}
    (snapshot_id, encoded), (other_id, _) = (
        snapshots.encode(head, dict(rows)) for rows in (documents.items(), reversed(documents.items()))
    )
    assert snapshot_id == other_id
    assert [each["workload"] for each in orjson.loads(encoded)["ops"]] == ["A", "a", "a-b", "a1", "aB"]


def cut_a_fixed_table(url: str) -> bytes:
    """Fill a table with the same values whenever it is asked, and return its snapshot."""
    database = Database(url)
    schema.migrate(database)
    several: list[Workload] = [*ops(3), NetworkSpec(ops=(op(1), op(1)))]
    wanted = {str(workload_key(each)): each for each in several}
    timing = {"median_ms": 1 / 3, "ci_low_ms": 1e-7, "ci_high_ms": 1e16, "n": 50, "verdict": "ok"}
    told = timing | {"sequence": 1, "measurement_id": "0" * 32, "measured_at": "2030-01-01T00:00:00Z"}
    with database.writing() as session:
        workloads.ensure(session, wanted)
        row_id = conditions.ensure(session, CONDITIONS)
        table_id = latency_tables.ensure_imported(session, "phone", "a paper", row_id, START)
        rows = (entry_row(table_id, key, [told]) for key in sorted(wanted, reverse=True))
        entries.put(session, [row for row in rows if row is not None])
        cut = snapshots.get(session, snapshots.cut(session, table_id, START)).document
    database.close()
    return cut


def test_both_engines_cut_the_very_same_bytes(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.create()
    on_postgresql, on_sqlite = cut_a_fixed_table(url), cut_a_fixed_table(f"sqlite:///{tmp_path / 'latency.db'}")
    postgres.drop(url)
    assert on_postgresql == on_sqlite
    cut = orjson.loads(on_sqlite)
    assert ([each["workload"] for each in cut["ops"]], len(cut["networks"])) == (sorted(keys(3)), 1)


def test_a_new_value_makes_a_new_snapshot_and_leaves_the_old_one(service: Service) -> None:
    first = service.measure([op(1)], 1.0)
    service.clock.advance(1)
    second = service.measure([op(1)], 2.0)
    assert first.snapshot_id != second.snapshot_id
    assert service.snapshot(first.snapshot_id).ops[0].latency_ms == 1.0
    assert service.latest_snapshot(second.table_id or "").ops[0].latency_ms == 2.0


def test_a_snapshot_holds_the_whole_table_sorted_by_key(service: Service) -> None:
    service.measure([op(2)])
    status = service.measure([op(1)])
    assert [entry.workload for entry in service.latest_snapshot(status.table_id or "").ops] == keys(2)


def test_networks_stand_apart_from_ops(service: Service) -> None:
    network = NetworkSpec(ops=(op(1), op(1)))
    snapshot = service.snapshot(service.measure([op(1), network], 3.0).snapshot_id)
    assert [entry.workload for entry in snapshot.ops] == keys(1)
    assert [(entry.workload, entry.latency_ms) for entry in snapshot.networks] == [(workload_key(network), 3.0)]


def test_a_zero_that_a_profile_asked_for_is_in_the_snapshot(service: Service) -> None:
    status = service.measure([op(1), ZERO])
    entries = {entry.workload: entry for entry in service.latest_snapshot(status.table_id or "").ops}
    assert entries[workload_key(ZERO)].source == "definition"
    assert entries[workload_key(ZERO)].latency_ms == 0


def test_a_profile_whose_jobs_all_failed_cuts_an_empty_snapshot(service: Service) -> None:
    profile = service.profile([op(1)])
    lease = service.must_lend()
    service.put(lease, failure(lease.jobs[0].job_id, "unsupported"))
    assert service.latest_snapshot(service.status(profile).table_id or "").ops == ()


def test_the_snapshots_of_a_table_are_listed_the_newest_first_page_by_page(service: Service) -> None:
    cut = []
    for count in (1, 2, 3):
        service.clock.advance(1)
        status = service.measure(ops(count), float(count))
        cut.append((status.snapshot_id, count))
    page = listed(service, status.table_id, limit=2)
    rest = listed(service, status.table_id, before=page.next_before, limit=2)
    told = [(each.snapshot_id, each.entries) for each in (*page.snapshots, *rest.snapshots)]
    assert told == cut[::-1]
    assert (len(page.snapshots), rest.next_before) == (2, None)
    assert page.snapshots[0].created_at == service.clock()


def test_snapshots_that_were_cut_at_the_same_moment_are_all_listed(service: Service) -> None:
    made = {service.measure(ops(count), float(count)).snapshot_id for count in (1, 2, 3)}
    table_id = service.snapshot(next(iter(made))).table_id
    first = listed(service, table_id, limit=1)
    second = listed(service, table_id, first.next_before, limit=1)
    third = listed(service, table_id, second.next_before, limit=1)
    assert {page.snapshots[0].snapshot_id for page in (first, second, third)} == made


def test_a_page_does_not_go_on_behind_another_tables_snapshot(service: Service) -> None:
    other = service.measure([op(1)])
    service.register(governor="powersave")
    table_id = service.measure([op(1)]).table_id
    with pytest.raises(SnapshotNotFound, match="another table"):
        listed(service, table_id, before=other.snapshot_id)


def test_a_table_that_was_never_cut_says_how_to_cut_it(service: Service) -> None:
    service.profile(ops(2))
    lease = service.must_lend()
    service.put(lease, success(lease.jobs[0].job_id))
    with service.database.reading() as session:
        table_id = catalogue.list_tables(session).tables[0].table_id
        with pytest.raises(SnapshotNotFound, match="POST /v1/profiles"):
            snapshots.latest_id(session, table_id)
    assert listed(service, table_id).snapshots == ()


def test_unknown_ids_are_not_found(service: Service) -> None:
    with service.database.reading() as session:
        with pytest.raises(SnapshotNotFound):
            snapshots.get(session, "nothing")
        with pytest.raises(TableNotFound):
            snapshots.latest_id(session, "nothing")
        with pytest.raises(TableNotFound):
            snapshots.list_of_table(session, "nothing", None, 1)
