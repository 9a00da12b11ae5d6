"""Quick profiles: a few ops are measured, the others predicted from what other tables hold, and all of it is marked."""

import pytest

from latency_service.contract.errors import MissingEntries
from latency_service.contract.keys import format_key
from latency_service.contract.messages import LookupAnswer, Snapshot, Table
from latency_service.contract.network import NetworkSpec, workload_key
from latency_service.interchange import csv_file, json_file, proxylessnas_yaml
from latency_service.interchange.reading import Reading
from latency_service.services import catalogue, comparing, refitting, snapshots
from latency_service.services.predicting import Predictor
from latency_service.services.table_models import TableModels
from tests.contract.new_device import (
    KEYS,
    NEW,
    OPS,
    by_source,
    conditions,
    finish,
    latency_ms,
    measure,
    quick,
)
from tests.contract.service import Service
from tests.service_data import failure, new_id, success
from tests.simulated_ops import block


def tables(service: Service) -> tuple[Table, ...]:
    return service.database.read(catalogue.list_tables).tables


@pytest.mark.usefixtures("others")
def test_a_few_ops_are_measured_and_the_others_predicted_with_intervals(service: Service) -> None:
    created = quick(service)
    assert (len(created.queued), len(created.predicted)) == (6, len(OPS) - 6)
    assert sorted([*created.queued, *created.predicted]) == sorted(KEYS)
    snapshot = finish(service, created, NEW)
    predicted = by_source(snapshot, "predicted")
    assert set(predicted) == set(created.predicted)
    assert set(by_source(snapshot, "measured")) == set(created.queued)
    held = 0
    for each in OPS:
        if (entry := predicted.get(format_key(each))) is not None:
            truth = latency_ms(NEW, each)
            assert entry.latency_ms == pytest.approx(truth, rel=0.15)
            assert entry.ci_low_ms is not None
            assert entry.ci_high_ms is not None
            held += entry.ci_low_ms <= truth <= entry.ci_high_ms
            assert (entry.n, entry.sessions, entry.measured_at, entry.measurement_id) == (0, 0, None, None)
    assert held >= 0.8 * len(predicted)


def test_the_snapshot_the_table_and_the_profile_are_marked(service: Service, others: dict[int, Snapshot]) -> None:
    created = quick(service)
    snapshot = finish(service, created, NEW)
    note = snapshot.transfer
    assert note is not None
    assert (note.measured, note.predicted) == (6, len(OPS) - 6)
    assert set(note.tables) == {each.snapshot_id for each in others.values()}
    spreads = [
        50 * ((entry.ci_high_ms or 0) - (entry.ci_low_ms or 0)) / entry.latency_ms
        for entry in by_source(snapshot, "predicted").values()
    ]
    assert note.spread_percent == pytest.approx(sorted(spreads)[len(spreads) // 2], rel=0.2)
    listed = {table.table_id: (table.entries, table.predicted) for table in tables(service)}
    assert listed[snapshot.table_id] == (6, len(OPS) - 6)
    assert {listed[each.table_id] for each in others.values()} == {(len(OPS), 0)}
    assert {each.transfer for each in others.values()} == {None}
    assert service.status(created).predicted == len(OPS) - 6


@pytest.mark.usefixtures("others")
def test_who_looks_an_op_up_gets_what_is_predicted_only_on_request(service: Service) -> None:
    created = quick(service)
    snapshot = finish(service, created, NEW)
    key = created.predicted[0]
    with pytest.raises(MissingEntries) as raised:
        service.look_up(snapshot.table_id, [created.queued[0], key])
    assert raised.value.extra["missing"] == [key]
    predictor = Predictor(service.database, service.tables, TableModels(max_bytes=2**24))
    answer = LookupAnswer.model_validate_json(predictor.look_up(snapshot.table_id, [created.queued[0], key]))
    assert [entry.source for entry in answer.entries] == ["measured", "predicted"]
    assert answer.entries[1] == by_source(snapshot, "predicted")[key]


@pytest.mark.usefixtures("others")
def test_what_is_measured_later_is_no_longer_predicted(service: Service) -> None:
    snapshot = finish(service, quick(service), NEW)
    assert snapshot.transfer is not None
    more = service.profile(OPS[:12], conditions(NEW))
    later = finish(service, more, NEW)
    assert later.transfer is not None
    assert later.transfer.predicted == snapshot.transfer.predicted - len(more.queued)
    assert later.transfer.measured == snapshot.transfer.measured + len(more.queued)
    assert set(by_source(later, "measured")) >= set(KEYS[:12])
    whole = measure(service, NEW)
    assert (whole.transfer, set(by_source(whole, "measured"))) == (None, set(KEYS))


@pytest.mark.usefixtures("others")
def test_the_same_measurements_give_the_same_snapshot_whatever_other_tables_do_meanwhile(service: Service) -> None:
    created = quick(service)
    snapshot = finish(service, created, NEW)
    measure(service, 1, [block(10, 32, 3, 6)])
    measured = [each for each in OPS if str(format_key(each)) in set(map(str, created.queued))]
    again = finish(service, service.profile(measured, conditions(NEW)), NEW)
    assert again.snapshot_id == snapshot.snapshot_id


@pytest.mark.usefixtures("others")
def test_anchors_say_how_far_networks_are_off_where_most_ops_are_predicted(service: Service) -> None:
    networks = [NetworkSpec(ops=(each,) * length) for each in OPS[:4] for length in (2, 3)]
    created = service.profile(OPS, conditions(NEW), quick=6, anchors=networks)
    snapshot = finish(service, created, NEW)
    assert snapshot.transfer is not None
    assert snapshot.correction is not None
    assert snapshot.correction.scale == pytest.approx(0.9, rel=0.05)
    assert snapshot.correction.held_out.mape_percent < 5
    refit = service.database.read(lambda session: refitting.refit(session, snapshot.snapshot_id))
    assert refit is not None
    assert refit.is_the_same


@pytest.mark.usefixtures("others")
def test_two_quick_profiles_of_different_ops_both_stay_in_the_table(service: Service) -> None:
    one = finish(service, quick(service, 4, OPS[:20]), NEW)
    both = finish(service, quick(service, 4, OPS[20:]), NEW)
    assert one.transfer is not None
    assert both.transfer is not None
    assert (both.transfer.measured, both.transfer.predicted) == (8, len(OPS) - 8)


@pytest.mark.usefixtures("others")
def test_an_export_says_so_and_is_not_imported_as_measured(service: Service) -> None:
    created = quick(service)
    snapshot = finish(service, created, NEW)
    content = service.database.read(lambda session: snapshots.get(session, snapshot.snapshot_id).document)
    assert csv_file.write(content).decode().count(",predicted,") == len(created.predicted)
    sheet = json_file.read(content, Reading())
    assert {str(row.row) for row in sheet.refused if "predicted" in row.remark} == set(created.predicted)
    layers = proxylessnas_yaml.write(content)
    assert sum("predicted" in each.reason for each in layers.left_out) == len(created.predicted)


def test_a_diff_tells_what_was_measured(service: Service, others: dict[int, Snapshot]) -> None:
    assert others
    created = quick(service)
    before = finish(service, created, NEW)
    after = measure(service, NEW)
    found = service.database.read(lambda session: comparing.compare(session, before.snapshot_id, after.snapshot_id))
    assert sorted(found.added) == sorted(created.predicted)
    assert (found.moved, found.gone) == ((), ())


@pytest.mark.usefixtures("others")
def test_what_failed_on_the_device_is_not_predicted(service: Service) -> None:
    created = quick(service)
    failed = next(iter(created.queued))
    while (lease := service.lend()) is not None:
        for job in lease.jobs:
            has_failed = workload_key(job.workload) == failed
            result = failure(job.job_id) if has_failed else success(job.job_id, latency_ms(NEW, job.workload))
            service.post(lease, (new_id(), result))
    snapshot = service.snapshot(service.status(created).snapshot_id)
    assert set(by_source(snapshot, "predicted")) == set(created.predicted)
    assert set(by_source(snapshot, "measured")) == {*created.queued} - {failed}


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("cancels", [True, False])
def test_a_quick_profile_that_is_not_done_predicts_nothing_for_others(service: Service, cancels: bool) -> None:
    unfinished = quick(service)
    if cancels:
        service.cancel(unfinished)
    (op,) = (each for each in OPS if str(format_key(each)) == str(unfinished.predicted[0]))
    plain = service.profile([op], conditions(NEW), priority=9)
    while service.status(plain).state != "done":
        lease = service.lend(1)
        assert lease is not None
        service.post(lease, *((new_id(), success(job.job_id, latency_ms(NEW, job.workload))) for job in lease.jobs))
    assert by_source(service.snapshot(service.status(plain).snapshot_id), "predicted") == {}


@pytest.mark.usefixtures("others")
def test_where_nothing_could_be_measured_nothing_is_predicted(service: Service) -> None:
    created = quick(service)
    while (lease := service.lend()) is not None:
        service.post(lease, *((new_id(), failure(job.job_id)) for job in lease.jobs))
    status = service.status(created)
    assert (status.state, len(status.failures)) == ("done", 6)
    assert service.snapshot(status.snapshot_id).ops == ()
    assert {table.predicted for table in tables(service)} == {0}
