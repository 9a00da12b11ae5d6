"""What the reaper does without anybody asking, and how long raw samples are kept."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from latency_service.contract.messages import MeasurementPage, ProfileCreated, ProfileStatus, RefreshPolicy
from latency_service.database import Database
from latency_service.engines import is_sqlite
from latency_service.repositories import samples, turns
from latency_service.services import catalogue, progress
from latency_service.services.reaping import Reaper
from latency_service.tally import Tally
from tests.contract.service import Service
from tests.service_data import START, op, ops

DAY_S = 86_400


def reaper(service: Service, keep_samples_days: float | None = None) -> Reaper:
    settings = service.settings.model_copy(update={"keep_samples_days": keep_samples_days})
    return Reaper(service.database, settings, service.clock)


def seen(service: Service, profile: ProfileCreated) -> ProfileStatus:
    """Return how far a profile is, without anything being seen to on that occasion."""
    return service.database.read(lambda session: progress.profile_status(session, profile.profile_id))


def stored(service: Service) -> MeasurementPage:
    return service.database.read(lambda session: catalogue.list_measurements(session, None, None, 0, 1000, True))


def days_with_samples(service: Service) -> list[int]:
    """Return on which days those measurements came whose samples are still there."""
    rows = stored(service).measurements
    return [(row.received_at - START).days for row in rows if row.measurement is not None]


def test_what_lies_with_agents_that_are_gone_is_queued_again(service: Service) -> None:
    profile = service.profile(ops(2))
    service.must_lend()
    service.clock.advance(91)
    assert seen(service, profile).counts["leased"] == 2
    reaper(service).do_round()
    assert seen(service, profile).counts["queued"] == 2


def test_a_profile_whose_last_attempts_died_is_finished(service: Service) -> None:
    profile = service.profile(ops(1))
    for _ in range(3):
        service.must_lend()
        service.clock.advance(91)
    reaper(service).do_round()
    assert seen(service, profile).state == "done"


def test_the_devices_that_nobody_asks_for_are_seen_to_as_well(service: Service) -> None:
    profiles = []
    for name in ("first", "second"):
        service.register(name=name)
        profiles.append(service.profile(ops(1), device=name))
        service.lend(device=name)
    service.clock.advance(91)
    reaper(service).do_round()
    assert [seen(service, profile).counts["queued"] for profile in profiles] == [1, 1]


def test_what_is_to_be_refreshed_is_queued(service: Service) -> None:
    profile = service.profile(ops(1), refresh=RefreshPolicy(every_s=DAY_S, max_age_s=1))
    service.work()
    service.clock.advance(DAY_S)
    reaper(service).do_round()
    assert seen(service, profile).state == "running"


def test_rounds_are_counted(database: Database) -> None:
    counted = Tally()
    counting = Database(database.engine.url.render_as_string(hide_password=False), on_commit=counted.update)
    service = Service(counting)
    reaper(service).do_round()
    counting.close()
    assert counted["reaper_rounds", ()] == 1


def test_a_replica_leaves_the_work_to_another_one_that_is_at_it(service: Service) -> None:
    if is_sqlite(service.database.engine):
        pytest.skip("on SQLite a writer has the database to itself")
    profile = service.profile(ops(1))
    service.must_lend()
    service.clock.advance(91)
    with service.database.writing() as other:
        assert turns.is_reapers(other)
        reaper(service).do_round()
        assert seen(service, profile).counts["leased"] == 1
    reaper(service).do_round()
    assert seen(service, profile).counts["queued"] == 1


def test_raw_samples_are_kept_for_ever_by_default(service: Service) -> None:
    service.measure(ops(1))
    service.clock.advance(10_000 * DAY_S)
    reaper(service).do_round()
    assert len(days_with_samples(service)) == 1


def test_old_raw_samples_are_deleted_and_summaries_stay(service: Service) -> None:
    for _ in range(4):
        service.measure(ops(1))
        service.clock.advance(DAY_S)
    before = stored(service).measurements
    reaper(service, keep_samples_days=2.5).do_round()
    assert days_with_samples(service) == [2, 3]
    assert [row.summary for row in stored(service).measurements] == [row.summary for row in before]


def test_each_round_goes_on_where_the_last_one_stopped(service: Service) -> None:
    reaping = reaper(service, keep_samples_days=1.5)
    for _ in range(4):
        service.measure(ops(1))
        reaping.do_round()
        service.clock.advance(DAY_S)
    assert days_with_samples(service) == [2, 3]


def test_samples_are_deleted_in_bounded_portions(service: Service) -> None:
    service.measure(ops(5))
    ends = []

    def delete(after: int, before: datetime) -> Callable[[Session], int | None]:
        return lambda session: samples.delete_old(session, after, before, limit=2)

    last: int | None = 0
    while last is not None:
        ends.append(len(days_with_samples(service)))
        service.clock.advance(1)
        last = service.database.write(delete(last, service.clock()))
    assert ends == [5, 3, 1, 0]


def test_a_table_reads_the_same_after_its_samples_are_gone(service: Service) -> None:
    status = service.measure([op(1)], median_ms=2.0)
    service.clock.advance(2 * DAY_S)
    reaper(service, keep_samples_days=1).do_round()
    assert days_with_samples(service) == []
    (entry,) = service.look_up(status.table_id or "", [row.workload for row in stored(service).measurements]).entries
    assert entry.latency_ms == 2.0
