"""Immutable cuts of a table."""

import pytest

from latency_service.contract.errors import SnapshotNotFound, TableNotFound
from latency_service.contract.messages import Snapshot
from latency_service.contract.network import workload_key
from latency_service.services import catalogue, snapshots
from tests.contract.service import Service
from tests.service_data import ZERO, failure, keys, op, ops, success


def test_the_id_is_the_hash_of_all_other_members(service: Service) -> None:
    status = service.measure(ops(2))
    with service.database.reading() as session:
        stored = snapshots.latest(session, status.table_id or "")
    snapshot = Snapshot.model_validate_json(stored.content)
    assert snapshots.encode(snapshot) == (stored.id, stored.content)
    assert snapshot.snapshot_id == stored.id == status.snapshot_id
    assert len(stored.id) == 32


def test_a_new_value_makes_a_new_snapshot_and_leaves_the_old_one(service: Service) -> None:
    first = service.measure([op(1)], 1.0)
    service.clock.advance(1)
    second = service.measure([op(1)], 2.0)
    assert first.snapshot_id != second.snapshot_id
    with service.database.reading() as session:
        old = Snapshot.model_validate_json(snapshots.get(session, first.snapshot_id or "").content)
    assert old.ops[0].latency_ms == 1.0
    assert service.latest_snapshot(second.table_id or "").ops[0].latency_ms == 2.0


def test_a_snapshot_holds_the_whole_table_sorted_by_key(service: Service) -> None:
    service.measure([op(2)])
    status = service.measure([op(1)])
    assert [entry.workload for entry in service.latest_snapshot(status.table_id or "").ops] == keys(2)


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


def test_a_table_that_was_never_cut_says_how_to_cut_it(service: Service) -> None:
    service.profile(ops(2))
    lease = service.must_lend()
    service.put(lease, success(lease.jobs[0].job_id))
    with service.database.reading() as session:
        table_id = catalogue.list_tables(session).tables[0].table_id
        with pytest.raises(SnapshotNotFound, match="POST /v1/profiles"):
            snapshots.latest(session, table_id)


def test_unknown_ids_are_not_found(service: Service) -> None:
    with service.database.reading() as session:
        with pytest.raises(SnapshotNotFound):
            snapshots.get(session, "nothing")
        with pytest.raises(TableNotFound):
            snapshots.latest(session, "nothing")
