"""Several results in one request; each stands or falls by itself."""

import pytest

from latency_service.contract.errors import LeaseExpired, ResultMismatch
from latency_service.contract.messages import JobId, LeaseToken
from tests.contract.service import Service
from tests.service_data import failure, new_id, ops, success


def test_every_result_has_its_outcome_in_the_order_sent(service: Service) -> None:
    profile = service.profile(ops(4))
    lease = service.must_lend()
    ids = [job.job_id for job in lease.jobs]
    forged = success(JobId("forged"))
    duplicate = (new_id(), success(ids[0]))
    outcomes = service.post(
        lease,
        duplicate,
        (new_id(), forged),
        (new_id(), failure(ids[1], "unsupported")),
        duplicate,
        (duplicate[0], success(ids[0], 9.0)),
        (new_id(), success(ids[0], 2.0)),
        (new_id(), success(ids[2])),
        (new_id(), failure(ids[2])),
    )
    statuses = [outcome.status for outcome in outcomes]
    assert statuses == [
        "accepted",
        "refused",
        "accepted",
        "duplicate",
        "refused",
        "late",
        "accepted",
        "refused",
    ]
    assert [type(outcome.error) for outcome in outcomes if outcome.error] == [
        ResultMismatch,
        ResultMismatch,
        LeaseExpired,
    ]
    counts = service.status(profile).counts
    assert (counts["succeeded"], counts["failed"], counts["leased"]) == (2, 1, 1)
    assert [row.leased for row in service.stored().measurements] == [True, False, True]


def test_the_last_result_of_a_lease_ends_it_and_the_profile(service: Service) -> None:
    profile = service.profile(ops(3))
    lease = service.must_lend()
    service.post(lease, *((new_id(), success(job.job_id)) for job in lease.jobs))
    assert service.status(profile).state == "done"
    with pytest.raises(LeaseExpired):
        service.renew(lease)


def test_a_batch_that_comes_late_is_kept(service: Service) -> None:
    service.profile(ops(2))
    lost = service.must_lend()
    service.clock.advance(91)
    outcomes = service.post(lost, *((new_id(), success(job.job_id)) for job in lost.jobs))
    assert [outcome.status for outcome in outcomes] == ["late", "late"]
    assert [row.leased for row in service.stored().measurements] == [False, False]


def test_a_batch_may_be_sent_again_after_some_of_it_came_alone(service: Service) -> None:
    service.profile(ops(2))
    lease = service.must_lend()
    batch = [(new_id(), success(job.job_id)) for job in lease.jobs]
    service.put(lease, batch[0][1], batch[0][0])
    assert [outcome.status for outcome in service.post(lease, *batch)] == ["duplicate", "accepted"]
    assert [outcome.status for outcome in service.post(lease, *batch)] == ["duplicate", "duplicate"]
    assert len(service.stored().measurements) == 2


def test_a_batch_for_a_lease_that_never_was_is_refused(service: Service) -> None:
    service.profile(ops(2))
    lease = service.must_lend()
    forged = lease.model_copy(update={"token": LeaseToken("forged")})
    with pytest.raises(LeaseExpired):
        service.post(forged, *((new_id(), success(job.job_id)) for job in lease.jobs))
    assert service.stored().measurements == ()


def test_failures_of_a_batch_end_their_jobs_each_in_its_way(service: Service) -> None:
    profile = service.profile(ops(3))
    lease = service.must_lend()
    unsupported, too_large, crashed = (job.job_id for job in lease.jobs)
    service.post(
        lease,
        (new_id(), failure(unsupported, "unsupported", "no kernel")),
        (new_id(), failure(too_large, "out_of_memory", "2 GiB")),
        (new_id(), failure(crashed)),
    )
    told = [(failed.error_class, failed.message) for failed in service.status(profile).failures]
    assert told == [("unsupported", "no kernel"), ("out_of_memory", "2 GiB")]
    assert [job.job_id for job in service.must_lend().jobs] == [crashed]
