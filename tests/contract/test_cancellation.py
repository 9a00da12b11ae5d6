"""What becomes of a profile that is cancelled, of its jobs, and of what was measured for it."""

from datetime import timedelta

import pytest

from latency_service.contract.errors import Conflict, ProfileNotFound
from latency_service.contract.messages import RefreshPolicy
from latency_service.services import cancellation
from tests.contract.service import Service
from tests.service_data import START, keys, op, ops, success


def test_a_cancelled_profile_is_lent_no_more(service: Service) -> None:
    profile = service.profile(ops(3))
    service.clock.advance(5)
    service.cancel(profile)
    assert service.lend() is None
    status = service.status(profile)
    assert (status.state, status.counts["cancelled"], status.snapshot_id) == ("cancelled", 3, None)
    assert status.finished_at == START + timedelta(seconds=5)


def test_the_agent_learns_from_its_renewal_what_was_cancelled(service: Service) -> None:
    profile = service.profile(ops(2))
    lease = service.must_lend()
    service.put(lease, success(lease.jobs[0].job_id))
    service.cancel(profile)
    assert service.renew(lease).cancelled == (lease.jobs[1].job_id,)


def test_jobs_that_another_running_profile_wants_go_on(service: Service) -> None:
    cancelled = service.profile(ops(3))
    service.clock.advance(1)
    other = service.profile([op(4), op(3)])
    lease = service.must_lend(1)
    service.cancel(cancelled)
    assert [job.workload for job in service.must_lend().jobs] == [op(4), op(3)]
    assert service.renew(lease).cancelled == (lease.jobs[0].job_id,)
    assert service.status(other).counts == {"queued": 0, "leased": 2, "succeeded": 0, "failed": 0, "cancelled": 0}


def test_jobs_that_only_cancelled_profiles_want_are_cancelled(service: Service) -> None:
    first, second = service.profile(ops(2)), service.profile(ops(2))
    service.cancel(first)
    service.cancel(second)
    assert service.lend() is None


def test_what_was_measured_before_stays_in_the_table(service: Service) -> None:
    profile = service.profile(ops(2))
    lease = service.must_lend(1)
    service.put(lease, success(lease.jobs[0].job_id))
    service.cancel(profile)
    again = service.profile(ops(2))
    assert (list(again.measured), list(again.queued)) == (keys(1), keys(2)[1:])


def test_a_cancelled_workload_may_be_asked_for_again(service: Service) -> None:
    service.cancel(service.profile(ops(2)))
    assert service.measure(ops(2)).counts["succeeded"] == 2


def test_to_cancel_again_changes_nothing(service: Service) -> None:
    profile = service.profile(ops(1))
    service.cancel(profile)
    before = service.status(profile)
    service.clock.advance(5)
    service.cancel(profile)
    assert service.status(profile) == before


def test_a_profile_that_is_done_cannot_be_cancelled(service: Service) -> None:
    profile = service.profile(ops(1))
    service.work()
    with pytest.raises(Conflict, match="is done"):
        service.cancel(profile)
    assert service.status(profile).state == "done"


def test_to_cancel_a_finished_profile_that_is_kept_fresh_ends_that(service: Service) -> None:
    profile = service.profile(ops(1), refresh=RefreshPolicy(every_s=60))
    service.work()
    done = service.status(profile)
    service.cancel(profile)
    status = service.status(profile)
    assert (status.state, status.refresh_at) == ("cancelled", None)
    assert (status.snapshot_id, status.finished_at) == (done.snapshot_id, done.finished_at)


def test_an_unknown_profile_cannot_be_cancelled(service: Service) -> None:
    with service.database.writing() as session, pytest.raises(ProfileNotFound):
        cancellation.cancel_profile(session, "nothing", START)
