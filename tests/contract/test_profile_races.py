"""Profiles that several clients, agents and replicas are at in the same moment, on real threads."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from latency_service.contract.messages import ProfileCreated, RefreshPolicy
from latency_service.database import Database
from latency_service.engines import is_sqlite
from latency_service.repositories import devices
from latency_service.services import cancellation, profiling, progress, registration
from latency_service.services.reaping import Reaper
from latency_service.tables import Device, DeviceState, Job, Profile, Snapshot
from tests import service_data
from tests.contract.service import Service
from tests.service_data import DEVICE, op, ops, success

CLIENTS = 6


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        yield pool


def at_once(pool: ThreadPoolExecutor, *works: Callable[[], object]) -> None:
    """Run all of them at the same moment; raise what any of them raises."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        barrier.wait(timeout=30)
        work()

    for future in [pool.submit(run, work) for work in works]:
        future.result(timeout=60)


def rows(service: Service, table: type[Job] | type[Profile] | type[Device] | type[DeviceState]) -> int:
    query = select(func.count()).select_from(table)
    return service.database.read(lambda session: session.scalars(query).one())


def test_clients_that_ask_for_the_same_at_once_share_its_jobs(service: Service, pool: ThreadPoolExecutor) -> None:
    created: list[ProfileCreated] = []

    def ask(reverse: bool) -> None:
        workloads = [op(number) for number in range(300, 0, -1)] if reverse else ops(300)
        created.append(service.profile(workloads))

    at_once(pool, *(lambda reverse=bool(number % 2): ask(reverse) for number in range(CLIENTS)))
    assert rows(service, Job) == 300
    assert service.work() == 300
    assert {service.status(profile).state for profile in created} == {"done"}
    assert {service.status(profile).counts["succeeded"] for profile in created} == {300}


def test_clients_of_different_devices_may_bring_the_same_new_workloads(
    service: Service, pool: ThreadPoolExecutor
) -> None:
    for number in range(CLIENTS):
        service.register(name=f"board-{number}")

    def ask(number: int) -> None:
        workloads = ops(300)
        service.profile(workloads[number:] + workloads[:number], device=f"board-{number}")

    at_once(pool, *(lambda number=number: ask(number) for number in range(CLIENTS)))
    assert rows(service, Job) == CLIENTS * 300


def test_agents_go_on_while_clients_ask(service: Service, pool: ThreadPoolExecutor) -> None:
    first = service.profile(ops(60))
    created: list[ProfileCreated] = []
    at_once(
        pool,
        service.work,
        service.work,
        *(lambda: created.append(service.profile(ops(120), priority=1)) for _ in range(3)),
    )
    service.work()
    assert {service.status(profile).state for profile in [first, *created]} == {"done"}


def test_a_profile_and_the_cancelling_of_another_one_lose_no_workload(
    service: Service, pool: ThreadPoolExecutor
) -> None:
    for _ in range(5):
        cancelled = service.profile(ops(100), max_age_s=0)
        kept: list[ProfileCreated] = []

        def ask(into: list[ProfileCreated]) -> None:
            into.append(service.profile(ops(100), max_age_s=0))

        at_once(pool, partial(service.cancel, cancelled), partial(ask, kept))
        service.work()
        assert service.status(kept[0]).counts["succeeded"] == 100


def test_the_last_two_results_at_the_same_moment_do_not_leave_a_profile_unfinished(
    service: Service, pool: ThreadPoolExecutor
) -> None:
    profile = service.profile(ops(2))
    leases = [service.must_lend(1) for _ in range(2)]
    at_once(pool, *(lambda lease=lease: service.put(lease, success(lease.jobs[0].job_id)) for lease in leases))
    assert service.status(profile).state == "done"


def ask_for_work(service: Service, _: ProfileCreated) -> None:
    assert service.lend() is None


def ask_for_progress(service: Service, profile: ProfileCreated) -> None:
    service.status(profile)


def reap(service: Service, _: ProfileCreated) -> None:
    Reaper(service.database, service.settings, service.clock).do_round()


@pytest.mark.parametrize("ask", [ask_for_work, ask_for_progress, reap])
def test_a_profile_that_has_settled_unnoticed_is_finished_by_whoever_comes_next(
    service: Service, ask: Callable[[Service, ProfileCreated], None]
) -> None:
    profile = service.profile(ops(2))
    end_jobs_unnoticed(service)
    ask(service, profile)
    status = service.database.read(lambda session: progress.profile_status(session, profile.profile_id))
    assert (status.state, status.counts["failed"]) == ("done", 2)


def end_jobs_unnoticed(service: Service) -> None:
    """End all jobs as replicas do that die before they see what follows from it."""
    with service.database.writing() as session:
        session.execute(update(Job).values(state="failed", error_class="unsupported"))


def test_replicas_that_finish_a_profile_at_once_finish_it_once(
    service: Service, database: Database, pool: ThreadPoolExecutor
) -> None:
    finished: list[int] = []
    replica = Database(
        database.engine.url.render_as_string(hide_password=False),
        on_commit=lambda tally: finished.append(tally["profiles", ("finished",)]),
    )
    profile = service.profile(ops(20), refresh=RefreshPolicy(every_s=60))
    end_jobs_unnoticed(service)
    device_id = database.read(lambda session: devices.get(session, DEVICE).id)
    now = service.clock()
    at_once(
        pool,
        *(lambda: replica.write(lambda session: profiling.finish_settled(session, device_id, now)) for _ in range(4)),
    )
    replica.close()
    assert sum(finished) == 1
    assert service.status(profile).state == "done"
    with database.reading() as session:
        assert session.scalars(select(func.count()).select_from(Snapshot)).one() == 1


def test_a_poll_does_not_wait_for_a_profile_that_is_being_made(service: Service, pool: ThreadPoolExecutor) -> None:
    if is_sqlite(service.database.engine):
        pytest.skip("SQLite's writers wait for each other")
    service.profile(ops(2))
    made, polled = Event(), Event()

    def make(session: Session) -> None:
        devices.lock(session, devices.get(session, DEVICE).id)
        made.set()
        assert polled.wait(timeout=30)

    making = pool.submit(lambda: service.database.write(make))
    assert made.wait(timeout=30)
    service.clock.advance(60)  # long enough for the poll to note that the device was seen
    lease = service.must_lend()
    service.renew(lease)
    polled.set()
    making.result(timeout=30)
    assert len(lease.jobs) == 2


def test_agents_that_register_one_name_at_once_are_one_device(service: Service, pool: ThreadPoolExecutor) -> None:
    def register(number: int) -> None:
        message = service_data.registration("twin", governor=f"governor-{number}")
        service.database.write(
            lambda session: registration.register(session, message, service.settings, service.clock())
        )

    at_once(pool, *(lambda number=number: register(number) for number in range(CLIENTS)))
    assert rows(service, Device) == 2
    assert rows(service, DeviceState) == CLIENTS + 1
    with service.database.reading() as session:
        assert registration.get_device(session, "twin").facts.facts["governor"] in {
            f"governor-{number}" for number in range(CLIENTS)
        }


def test_a_profile_cancelled_by_two_at_once_is_cancelled_once(service: Service, pool: ThreadPoolExecutor) -> None:
    profile, now = service.profile(ops(50)), service.clock()

    def cancel() -> None:
        service.database.write(lambda session: cancellation.cancel_profile(session, profile.profile_id, now))

    at_once(pool, *(cancel for _ in range(4)), lambda: service.lend(10))
    assert service.status(profile).counts["cancelled"] == 50
