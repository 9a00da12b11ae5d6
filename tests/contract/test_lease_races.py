"""Two transactions at the same moment: which of them has its way, and that the other one notices."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import stamina
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from latency_service.contract.errors import LeaseExpired, ResultMismatch
from latency_service.contract.messages import Lease, LeaseRequest
from latency_service.database import Database
from latency_service.repositories import entries
from latency_service.services import expiry, leasing, results
from latency_service.services.arrivals import Arrival
from latency_service.tables import Job, Measurement
from latency_service.tables import Lease as LeaseRow
from tests.contract.racing import open_transaction, started_and_blocked
from tests.contract.service import Service
from tests.engines import PostgresServer
from tests.service_data import DEVICE, START, new_id, ops, success

LATER = START + timedelta(seconds=91)


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[Database]:
    url = postgres.create()
    database = Database(url)
    yield database
    database.close()
    postgres.drop(url)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


class Racer:
    """Calls that a test can leave half-way; `expire` is by the clock of a replica that is past the lease's end."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.database = service.database
        self.profile = service.profile(ops(1))
        self.lease = service.must_lend()
        self.arrival = Arrival.of(new_id(), success(self.lease.jobs[0].job_id, verdict="noisy"))

    def accept(self, session: Session) -> str:
        (outcome,) = results.accept(session, self.lease.token, [self.arrival], 3, START).outcomes
        return outcome.status

    def expire(self, session: Session) -> set[str]:
        return expiry.expire_everywhere(session, self.service.settings, LATER)

    def renew(self, session: Session) -> object:
        return leasing.renew(session, self.lease.token, self.service.settings, START)

    def release(self, session: Session) -> None:
        leasing.release(session, self.lease.token, self.service.settings, START)

    @property
    def counts(self) -> dict[str, int]:
        counts = self.service.status(self.profile).counts
        return {state: count for state, count in counts.items() if count}

    def next_attempt(self) -> int:
        return self.service.must_lend().jobs[0].attempt


@pytest.fixture
def racer(service: Service) -> Racer:
    return Racer(service)


def test_an_expiry_passes_over_a_lease_whose_result_is_being_taken(racer: Racer) -> None:
    with open_transaction(racer.database, racer.accept) as status:
        assert racer.database.write(racer.expire) == set()
    assert status == "accepted"
    assert racer.counts == {"succeeded": 1}
    assert racer.database.write(racer.expire) == set()


def test_a_result_that_meets_the_expiry_of_its_lease_is_late(racer: Racer, pool: ThreadPoolExecutor) -> None:
    with open_transaction(racer.database, racer.expire) as devices:
        status = started_and_blocked(pool, racer.database, lambda: racer.database.write(racer.accept))
    assert len(devices) == 1
    assert status.result() == "late"
    assert racer.counts == {"queued": 1}
    assert racer.next_attempt() == 2


def test_two_replicas_that_expire_one_lease_take_its_jobs_back_once(racer: Racer) -> None:
    with open_transaction(racer.database, racer.expire) as first:
        assert racer.database.write(racer.expire) == set()
    assert len(first) == 1
    assert racer.next_attempt() == 2


def test_an_expiry_passes_over_a_lease_that_is_being_handed_back(racer: Racer) -> None:
    with open_transaction(racer.database, racer.release):
        assert racer.database.write(racer.expire) == set()
    assert racer.next_attempt() == 1


def test_a_lease_that_expires_while_it_is_handed_back_counts_its_attempt(
    racer: Racer, pool: ThreadPoolExecutor
) -> None:
    with open_transaction(racer.database, racer.expire):
        released = started_and_blocked(pool, racer.database, lambda: racer.database.write(racer.release))
    released.result()
    assert racer.next_attempt() == 2


def test_a_lease_that_is_being_renewed_does_not_expire(racer: Racer) -> None:
    with open_transaction(racer.database, racer.renew):
        assert racer.database.write(racer.expire) == set()
    assert racer.database.write(racer.accept) == "accepted"


def test_a_lease_that_expires_while_it_is_renewed_is_gone(racer: Racer, pool: ThreadPoolExecutor) -> None:
    with open_transaction(racer.database, racer.expire):
        renewed = started_and_blocked(pool, racer.database, lambda: racer.database.write(racer.renew))
    with pytest.raises(LeaseExpired):
        renewed.result()


def test_the_same_result_twice_at_once_counts_once(racer: Racer, pool: ThreadPoolExecutor) -> None:
    with open_transaction(racer.database, racer.accept):
        again = started_and_blocked(pool, racer.database, lambda: racer.database.write(racer.accept))
    assert again.result() == "duplicate"
    with racer.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Measurement)) == 1


def test_one_id_for_results_of_two_leases_at_once_is_refused(service: Service, pool: ThreadPoolExecutor) -> None:
    service.profile(ops(2))
    first, second = service.must_lend(max_jobs=1), service.must_lend(max_jobs=1)
    result_id = new_id()

    def accept(session: Session, lease: Lease) -> results.Acceptance:
        arrival = Arrival.of(result_id, success(lease.jobs[0].job_id))
        return results.accept(session, lease.token, [arrival], 3, START)

    with open_transaction(service.database, lambda session: accept(session, first)):
        other = started_and_blocked(
            pool, service.database, lambda: service.database.write(lambda session: accept(session, second))
        )
    (outcome,) = other.result().outcomes
    assert isinstance(outcome.error, ResultMismatch)
    assert service.put(second, success(second.jobs[0].job_id)) == "accepted"


def test_what_is_handed_back_and_what_is_cancelled_wait_for_each_other_in_no_circle(
    service: Service, pool: ThreadPoolExecutor
) -> None:
    service.profile(ops(30))
    lease = service.must_lend()
    first, *others = sorted(job.job_id for job in lease.jobs)
    with stamina.set_testing(True):  # nothing is tried again
        with service.database.writing() as session:
            lock_job(session, first)  # as a cancellation does, one after the other
            released = started_and_blocked(pool, service.database, lambda: service.release(lease))
            for job_id in others:
                lock_job(session, job_id)
        released.result()
    assert len(service.must_lend().jobs) == 30


def lock_job(session: Session, job_id: str) -> None:
    session.execute(select(Job.id).where(Job.id == job_id).with_for_update(key_share=True))


def test_measurements_of_a_table_come_to_light_in_the_order_of_their_numbers(
    service: Service, pool: ThreadPoolExecutor
) -> None:
    table_id = service.measure(ops(1)).table_id
    assert table_id is not None
    service.profile(ops(3))
    one, other = service.must_lend(max_jobs=1), service.must_lend(max_jobs=1)
    arrival = Arrival.of(new_id(), success(one.jobs[0].job_id))
    with service.database.writing() as session:
        entries.lock(session, table_id)
        last = started_and_blocked(
            pool, service.database, lambda: service.put(other, success(other.jobs[0].job_id, 7.0))
        )
        results.accept(session, one.token, [arrival], 3, START)
    assert last.result() == "accepted"
    assert service.stored().measurements[-1].summary.median_ms == 7.0


def test_what_is_being_lent_is_lent_to_nobody_else_and_not_waited_for(service: Service) -> None:
    service.profile(ops(3))
    request = LeaseRequest(device=DEVICE, device_state=service.device_state, runtimes=("onnxruntime",), max_jobs=2)

    def lend(session: Session) -> Lease | None:
        outlook = leasing.look(session, request, START)
        return leasing.lend(session, outlook, request.max_jobs, service.settings, START)

    with open_transaction(service.database, lend) as first:
        second, third = service.lend(), service.lend()
        assert first is not None
        assert second is not None
        assert [len(lease.jobs) for lease in (first, second)] == [2, 1]
        assert {job.job_id for job in first.jobs}.isdisjoint(job.job_id for job in second.jobs)
        assert third is None
    with service.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(LeaseRow)) == 2


def test_many_agents_at_once_measure_every_job_once(service: Service, pool: ThreadPoolExecutor) -> None:
    profile = service.profile(ops(120))

    def work() -> list[str]:
        accepted: list[str] = []
        while (lease := service.lend(max_jobs=7)) is not None:
            handed_in = [(new_id(), success(job.job_id)) for job in lease.jobs]
            outcomes = service.post(lease, *handed_in)
            accepted += [
                result.job_id
                for (_, result), outcome in zip(handed_in, outcomes, strict=True)
                if outcome.status == "accepted"
            ]
        return accepted

    with stamina.set_testing(True):  # nothing is tried again: they do not even wait for each other in circles
        agents = [pool.submit(work) for _ in range(6)]
        measured = [job_id for agent in agents for job_id in agent.result()]
    assert len(measured) == len(set(measured)) == 120
    assert service.status(profile).state == "done"
