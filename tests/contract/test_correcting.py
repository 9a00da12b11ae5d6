"""The correction that a snapshot carries: which anchors it is of, and whether it follows from what was measured."""

import random
from pathlib import Path

import orjson
import pytest
from sqlalchemy import update

from latency_service import schema
from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import SnapshotNotFound
from latency_service.contract.messages import Correction, ProfileStatus, Snapshot
from latency_service.contract.network import NetworkSpec, workload_key
from latency_service.database import Database
from latency_service.interchange import json_file
from latency_service.interchange.reading import Reading
from latency_service.repositories import devices, entries
from latency_service.repositories.conditions import conditions_id
from latency_service.services import correcting, refitting, snapshots
from latency_service.services.refitting import Refit
from latency_service.tables import Measurement
from tests.contract.chains import ANCHORS, SHARE, chain, latency_ms, work
from tests.contract.service import Service
from tests.engines import PostgresServer
from tests.service_data import CONDITIONS, DEVICE, keys, new_id, op, ops, success

ANCHOR_KEYS = sorted(str(workload_key(anchor)) for anchor in ANCHORS)


def profiled(service: Service, anchors: list[NetworkSpec], count: int = 3, speed: float = 1.0) -> ProfileStatus:
    """Have ops and anchors measured, as far as it is needed."""
    profile = service.profile(ops(count), anchors=anchors)
    work(service, speed)
    return service.status(profile)


def correction(service: Service, status: ProfileStatus) -> Correction | None:
    return service.snapshot(status.snapshot_id).correction


def fitted(service: Service, status: ProfileStatus) -> Correction:
    found = correction(service, status)
    assert found is not None
    return found


def refit(service: Service, status: ProfileStatus) -> Refit | None:
    return service.database.read(lambda session: refitting.refit(session, status.snapshot_id or ""))


def test_a_snapshot_says_how_sums_of_its_entries_become_networks(service: Service) -> None:
    found = fitted(service, profiled(service, ANCHORS))
    assert (found.method, found.scale, found.intercept_ms, found.factors) == ("scale", SHARE, 0.0, {})
    assert list(map(str, found.anchors)) == ANCHOR_KEYS
    assert found.held_out.mape_percent == pytest.approx(0, abs=1e-9)
    assert found.naive.mape_percent == pytest.approx(100 * (1 / SHARE - 1), rel=1e-5)
    assert (found.noise_floor_percent, found.additivity) == (None, "additive")


def test_it_is_null_without_anchors_or_with_too_few_of_them(service: Service) -> None:
    status = service.measure([*ops(3), *ANCHORS])  # networks that are no anchors
    assert correction(service, status) is None
    assert orjson.loads(content(service, status))["correction"] is None
    assert correction(service, profiled(service, ANCHORS[:4])) is None
    assert correction(service, profiled(service, ANCHORS[:5])) is not None


def content(service: Service, status: ProfileStatus) -> bytes:
    return service.database.read(lambda session: snapshots.get(session, status.snapshot_id or "").document)


def test_anchors_with_ops_that_the_table_lacks_do_not_count(service: Service) -> None:
    assert correction(service, profiled(service, [*ANCHORS[:4], chain(7, 2)])) is None
    found = fitted(service, profiled(service, [*ANCHORS[:5], chain(7, 2)]))
    assert len(found.anchors) == 5


def test_the_anchors_of_all_profiles_count(service: Service) -> None:
    profiled(service, ANCHORS[:3])
    assert len(fitted(service, profiled(service, ANCHORS[3:])).anchors) == 6
    service.profile([op(9)])
    work(service)
    latest = service.latest_snapshot(service.status(service.profile([op(9)])).table_id or "")
    assert latest.correction is not None
    assert len(latest.correction.anchors) == 6


def test_of_many_those_that_were_measured_last_count(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correcting, "MOST_ANCHORS", 5)
    profiled(service, ANCHORS)
    last = [chain(1, length) for length in range(4, 9)]
    assert set(fitted(service, profiled(service, last)).anchors) == {workload_key(each) for each in last}


def test_the_newest_session_of_each_anchor_counts_and_takes_the_drift_out(service: Service) -> None:
    """The second session is a tenth slower; the ops of the first stay as they were."""
    profiled(service, ANCHORS)
    service.clock.advance(60)
    found = fitted(service, profiled(service, ANCHORS, count=4, speed=1.1))
    assert found.scale == pytest.approx(1.1 * SHARE, rel=1e-5)
    assert found.noise_floor_percent == pytest.approx(0, abs=1e-9)


def test_a_session_that_is_stored_while_a_table_is_cut_is_not_known_yet(service: Service) -> None:
    status = profiled(service, ANCHORS)
    table_id = status.table_id or ""
    with service.database.reading() as session:
        before = entries.documents(session, table_id)
        device_id = devices.get(session, DEVICE).id
    service.clock.advance(60)
    profiled(service, ANCHORS, count=4, speed=1.5)
    with service.database.reading() as session:
        found = correcting.current_correction(session, device_id, conditions_id(CONDITIONS), table_id, before)
    assert found == correction(service, status)


def test_anchors_of_other_conditions_do_not_count(service: Service) -> None:
    service.profile(ops(3), conditions=Conditions(runtime="onnxruntime", precision="int8"), anchors=ANCHORS)
    work(service)
    assert correction(service, service.measure([*ops(3), *ANCHORS])) is None


def test_an_anchor_of_another_state_of_the_device_does_not_count(service: Service) -> None:
    profiled(service, ANCHORS)
    service.register(governor="powersave")
    assert correction(service, profiled(service, ANCHORS[:4])) is None


def test_the_same_table_with_the_same_anchors_is_the_same_snapshot(service: Service) -> None:
    first = profiled(service, ANCHORS)
    assert profiled(service, list(reversed(ANCHORS))).snapshot_id == first.snapshot_id


def test_a_snapshot_with_a_correction_is_canonical_and_its_id_the_hash_of_it(service: Service) -> None:
    stored = content(service, profiled(service, ANCHORS))
    assert orjson.dumps(orjson.loads(stored), option=orjson.OPT_SORT_KEYS) == stored
    snapshot = Snapshot.model_validate_json(stored)
    assert snapshot.model_dump(mode="json")["correction"] == orjson.loads(stored)["correction"]


def test_what_was_cut_with_a_correction_can_be_imported_elsewhere(service: Service) -> None:
    sheet = json_file.read(content(service, profiled(service, ANCHORS)), Reading())
    assert (len(sheet.rows), sheet.refused) == (3 + len(ANCHORS), ())


def correction_on(url: str) -> Correction:
    """Measure the same noisy device, whenever it is asked, on a new database."""
    database = Database(url)
    schema.migrate(database)
    service, rng = Service(database), random.Random(1)
    service.register()
    anchors = [chain(number, length) for number in range(1, 6) for length in range(2, 8)]
    profile = service.profile(ops(5), anchors=anchors)
    lease = service.must_lend(max_jobs=100)
    for job in lease.jobs:
        median_ms = latency_ms(job.workload) * rng.uniform(0.9, 1.1)
        service.post(lease, (new_id(), success(job.job_id, median_ms)))
    found = fitted(service, service.status(profile))
    database.close()
    return found


def test_both_engines_fit_the_very_same_numbers(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.create()
    on_postgresql, on_sqlite = correction_on(url), correction_on(f"sqlite:///{tmp_path / 'latency.db'}")
    postgres.drop(url)
    assert on_postgresql == on_sqlite
    assert (on_sqlite.method, set(on_sqlite.factors)) == ("class_and_op", set(keys(5)))


@pytest.mark.parametrize("sessions", [1, 2, 3])
def test_fitted_again_to_what_was_measured_it_is_the_same(service: Service, sessions: int) -> None:
    cut = []
    for number in range(sessions):
        service.clock.advance(60)
        cut.append(profiled(service, ANCHORS, count=3 + number, speed=1.0 + 0.01 * number))
    for status in cut:  # older snapshots stay true, whatever came later
        found = refit(service, status)
        assert found is not None
        assert found.is_the_same


@pytest.mark.parametrize(
    ("verdicts", "counting"), [("noisy noisy", 1), ("ok noisy", 1), ("noisy ok", 1), ("ok noisy ok", 2), ("ok ok", 2)]
)
def test_sessions_of_anchors_count_as_they_do_in_entries(service: Service, verdicts: str, counting: int) -> None:
    """Where a session is `ok`, noisy ones count nowhere; otherwise the latest stands alone."""
    profiled(service, ANCHORS[:0])
    for verdict in verdicts.split():
        service.clock.advance(60)
        service.profile(ANCHORS, max_age_s=0)
        service.work(3.0, "noisy" if verdict == "noisy" else "ok")
    status = profiled(service, ANCHORS)  # they have values: nothing is measured
    assert (fitted(service, status).noise_floor_percent is not None) == (counting == 2)
    found = refit(service, status)
    assert found is not None
    assert found.is_the_same


def test_a_measurement_that_was_tampered_with_shows(service: Service) -> None:
    status = profiled(service, ANCHORS)
    with service.database.writing() as session:
        which = Measurement.workload_key == ANCHOR_KEYS[0]
        summary = service.stored().measurements[0].summary.model_copy(update={"median_ms": 99.0})
        session.execute(update(Measurement).where(which).values(summary=summary.model_dump()))
    found = refit(service, status)
    assert found is not None
    assert not found.is_the_same


def test_a_snapshot_without_correction_has_none_to_fit_again(service: Service) -> None:
    assert refit(service, service.measure(ops(2))) is None
    with pytest.raises(SnapshotNotFound), service.database.reading() as session:
        refitting.refit(session, "nothing")
