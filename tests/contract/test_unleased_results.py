"""Results that nobody waits for: too late, or of jobs that were cancelled. They are kept, and do not count."""

import pytest

from latency_service.contract.errors import LeaseExpired
from latency_service.contract.measurement import Verdict
from latency_service.contract.messages import JobId, JobResult, Lease
from tests.contract.service import Service
from tests.service_data import failure, fed_measurement, fed_op, keys, measurement, new_id, op, ops, success


def job_of(lease: Lease, number: int) -> JobId:
    """Return the lease's job that measures `op(number)`."""
    return next(job.job_id for job in lease.jobs if job.workload == op(number))


def test_a_job_that_waits_again_need_not_run_again_once_a_late_result_is_ok(service: Service) -> None:
    profile = service.profile(ops(2))
    lost = service.must_lend()
    service.clock.advance(91)
    assert service.status(profile).counts["queued"] == 2
    for job in lost.jobs:
        assert service.put(lost, success(job.job_id, 5.0)) == "late"
    assert service.lend() is None
    status = service.status(profile)
    assert (status.state, status.counts["succeeded"]) == ("done", 2)
    assert len(service.latest_snapshot(status.table_id or "").ops) == 2


def test_a_late_ok_result_ends_a_job_that_nobody_has_taken_back_yet(service: Service) -> None:
    profile = service.profile([op(1)])
    lost = service.must_lend()
    service.clock.advance(91)
    service.put(lost, success(lost.jobs[0].job_id))
    assert service.status(profile).state == "done"


def test_a_late_result_in_context_is_stored_and_served_as_one_in_time_is(service: Service) -> None:
    profile = service.profile([fed_op()])
    lost = service.must_lend()
    service.clock.advance(91)
    late = JobResult(job_id=lost.jobs[0].job_id, measurement=fed_measurement(1.0, 0.8))
    assert service.put(lost, late) == "late"
    status = service.status(profile)
    assert status.state == "done"
    (row,) = service.stored().measurements
    assert row.in_context is not None
    assert row.in_context.latency_ms == pytest.approx(0.8, rel=1e-4)
    (entry,) = service.latest_snapshot(status.table_id or "").ops
    assert (entry.placement, entry.isolated_ms) == ("in_context", 1.0)
    assert entry.latency_ms == pytest.approx(0.8, rel=1e-4)


@pytest.mark.parametrize("verdict", ["noisy", "unfit"])
def test_a_late_result_that_is_not_ok_spares_nothing(service: Service, verdict: Verdict) -> None:
    service.profile([op(1)])
    lost = service.must_lend()
    service.clock.advance(91)
    assert service.put(lost, success(lost.jobs[0].job_id, verdict=verdict)) == "late"
    assert service.must_lend().jobs[0].attempt == 2


def test_a_late_result_of_a_state_that_the_device_has_left_spares_nothing(service: Service) -> None:
    service.profile([op(1)])
    lost = service.must_lend()
    service.register(governor="powersave")
    service.clock.advance(91)
    service.put(lost, success(lost.jobs[0].job_id))
    assert service.must_lend().jobs[0].attempt == 2


def test_a_late_result_by_another_protocol_spares_nothing(service: Service) -> None:
    service.profile([op(1)])
    lost = service.must_lend()
    service.clock.advance(91)
    service.put(lost, JobResult(job_id=lost.jobs[0].job_id, measurement=measurement(protocol_version=1)))
    assert service.must_lend().jobs[0].attempt == 2


def test_a_job_that_failed_for_good_stays_failed(service: Service) -> None:
    profile = service.profile([op(1)])
    lost = service.must_lend()
    service.put(lost, failure(lost.jobs[0].job_id, "unsupported"))
    assert service.put(lost, success(lost.jobs[0].job_id)) == "late"
    assert service.status(profile).counts["failed"] == 1


def test_what_was_measured_for_nobody_is_taken_and_kept_as_an_unleased_observation(service: Service) -> None:
    profile, _ = service.profile([op(1)]), service.profile([op(2)])
    lease = service.must_lend()
    service.cancel(profile)
    result_id = new_id()
    assert service.put(lease, success(job_of(lease, 1), 4.0), result_id) == "accepted"
    assert service.put(lease, success(job_of(lease, 1), 4.0), result_id) == "duplicate"
    (row,) = service.stored().measurements
    assert not row.leased
    assert service.look_up(row.table_id, keys(1)).entries[0].latency_ms == 4.0
    assert service.status(profile).counts["cancelled"] == 1


def test_a_failure_of_a_cancelled_job_is_taken_and_ends_nothing(service: Service) -> None:
    profile, _ = service.profile([op(1)]), service.profile([op(2)])
    lease = service.must_lend()
    service.cancel(profile)
    assert service.put(lease, failure(job_of(lease, 1))) == "accepted"
    assert service.status(profile).counts["cancelled"] == 1


def test_the_last_wanted_result_ends_the_lease(service: Service) -> None:
    profile, _ = service.profile([op(1)]), service.profile([op(2)])
    lease = service.must_lend()
    service.cancel(profile)
    service.put(lease, success(job_of(lease, 2)))
    with pytest.raises(LeaseExpired):
        service.renew(lease)
