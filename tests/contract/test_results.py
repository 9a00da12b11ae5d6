"""Which results count, once each, and which attempts are worth another."""

import pytest

from latency_service.contract.errors import LeaseExpired, ResultMismatch
from latency_service.contract.measurement import ErrorClass
from latency_service.contract.messages import JobId, JobResult, Lease, LeaseToken
from tests.contract.service import Service
from tests.service_data import failure, keys, measurement, new_id, op, ops, success


def lease_of_one(service: Service) -> tuple[Lease, JobId]:
    service.profile([op(1)])
    lease = service.must_lend()
    return lease, lease.jobs[0].job_id


def test_the_same_result_again_is_a_duplicate(service: Service) -> None:
    lease, job_id = lease_of_one(service)
    result_id = new_id()
    assert service.put(lease, success(job_id), result_id) == "accepted"
    assert service.put(lease, success(job_id), result_id) == "duplicate"
    assert len(service.stored().measurements) == 1


def test_the_same_failure_again_is_a_duplicate_and_counts_once(service: Service) -> None:
    lease, job_id = lease_of_one(service)
    result_id = new_id()
    assert service.put(lease, failure(job_id), result_id) == "accepted"
    assert service.put(lease, failure(job_id), result_id) == "duplicate"
    assert service.must_lend().jobs[0].attempt == 2


def test_an_id_cannot_be_used_for_another_result(service: Service) -> None:
    lease, job_id = lease_of_one(service)
    result_id = new_id()
    service.put(lease, success(job_id, 1.0), result_id)
    with pytest.raises(ResultMismatch, match="another body"):
        service.put(lease, success(job_id, 2.0), result_id)


def test_a_job_of_another_lease_is_refused(service: Service) -> None:
    service.profile(ops(2))
    mine, other = service.must_lend(max_jobs=1), service.must_lend(max_jobs=1)
    with pytest.raises(ResultMismatch, match="not in this lease"):
        service.put(mine, success(other.jobs[0].job_id))


def test_a_summary_that_its_samples_do_not_give_is_refused(service: Service) -> None:
    lease, job_id = lease_of_one(service)
    honest = success(job_id)
    assert honest.measurement is not None
    summary = honest.measurement.summary.model_copy(update={"median_ms": 0.5})
    forged = honest.model_copy(update={"measurement": honest.measurement.model_copy(update={"summary": summary})})
    with pytest.raises(ResultMismatch, match="median_ms"):
        service.put(lease, forged)
    assert service.stored().measurements == ()


def test_a_measurement_by_another_protocol_cannot_complete_a_job(service: Service) -> None:
    lease, job_id = lease_of_one(service)
    with pytest.raises(ResultMismatch, match="protocol 2"):
        service.put(lease, JobResult(job_id=job_id, measurement=measurement(protocol_version=1)))
    assert service.put(lease, success(job_id)) == "accepted"


def test_a_stale_lease_cannot_complete_a_job(service: Service) -> None:
    lost, job_id = lease_of_one(service)
    service.clock.advance(91)
    again = service.must_lend()
    assert service.put(lost, success(job_id, 5.0)) == "late"
    assert service.put(again, success(job_id, 6.0)) == "accepted"


def test_a_late_measurement_is_kept_as_an_unleased_observation_and_fills_the_table(service: Service) -> None:
    lost, job_id = lease_of_one(service)
    service.clock.advance(91)
    assert service.put(lost, success(job_id, 5.0)) == "late"
    (row,) = service.stored().measurements
    assert (row.leased, row.workload, row.attempt) == (False, keys(1)[0], 1)
    assert service.look_up(row.table_id, keys(1)).entries[0].latency_ms == 5.0


def test_a_late_measurement_sent_again_is_kept_once_and_late_again(service: Service) -> None:
    lost, job_id = lease_of_one(service)
    service.clock.advance(91)
    result_id = new_id()
    assert service.put(lost, success(job_id), result_id) == "late"
    assert service.put(lost, success(job_id), result_id) == "late"
    assert len(service.stored().measurements) == 1


def test_a_late_measurement_goes_to_the_table_of_the_state_it_was_taken_in(service: Service) -> None:
    before = service.measure([op(2)]).table_id
    lost, job_id = lease_of_one(service)
    service.register(governor="powersave")
    service.clock.advance(91)
    service.put(lost, success(job_id))
    assert service.stored().measurements[-1].table_id == before


def test_a_late_measurement_by_another_protocol_goes_to_a_table_of_its_own(service: Service) -> None:
    before = service.measure([op(2)]).table_id
    lost, job_id = lease_of_one(service)
    service.clock.advance(91)
    late = JobResult(job_id=job_id, measurement=measurement(protocol_version=1))
    assert service.put(lost, late) == "late"
    assert service.stored().measurements[-1].table_id != before


def test_a_late_failure_changes_nothing(service: Service) -> None:
    lost, job_id = lease_of_one(service)
    service.clock.advance(91)
    again = service.must_lend()
    with pytest.raises(LeaseExpired):
        service.put(lost, failure(job_id, "unsupported"))
    assert service.put(again, success(job_id)) == "accepted"


def test_a_second_result_for_one_job_does_not_count(service: Service) -> None:
    service.profile(ops(2))
    lease = service.must_lend()
    service.put(lease, success(lease.jobs[0].job_id, 1.0))
    assert service.put(lease, success(lease.jobs[0].job_id, 2.0)) == "late"


def test_a_token_that_was_never_lent_is_refused(service: Service) -> None:
    lease, job_id = lease_of_one(service)
    forged = lease.model_copy(update={"token": LeaseToken("forged")})
    with pytest.raises(LeaseExpired):
        service.put(forged, success(job_id))
    assert service.stored().measurements == ()


@pytest.mark.parametrize("error_class", ["crashed", "timed_out"])
def test_a_failure_that_may_pass_is_tried_three_times(service: Service, error_class: ErrorClass) -> None:
    profile = service.profile([op(1)])
    for attempt in (1, 2, 3):
        lease = service.must_lend()
        assert lease.jobs[0].attempt == attempt
        service.put(lease, failure(lease.jobs[0].job_id, error_class, f"attempt {attempt}"))
    assert service.lend() is None
    (told,) = service.status(profile).failures
    assert (told.error_class, told.message, told.attempts) == (error_class, "attempt 3", 3)


@pytest.mark.parametrize("error_class", ["unsupported", "out_of_memory"])
def test_a_failure_that_is_an_answer_is_not_tried_again(service: Service, error_class: ErrorClass) -> None:
    profile = service.profile([op(1)])
    lease = service.must_lend()
    service.put(lease, failure(lease.jobs[0].job_id, error_class))
    assert service.lend() is None
    assert service.status(profile).failures[0].error_class == error_class


def test_a_job_that_succeeds_at_last_has_no_failure(service: Service) -> None:
    profile = service.profile([op(1)])
    lease = service.must_lend()
    service.put(lease, failure(lease.jobs[0].job_id))
    again = service.must_lend()
    service.put(again, success(again.jobs[0].job_id))
    status = service.status(profile)
    assert status.counts["succeeded"] == 1
    assert status.failures == ()


def test_an_unfit_measurement_is_kept_but_is_no_value_and_fails_after_three(service: Service) -> None:
    profile = service.profile([op(1)])
    for _ in range(3):
        lease = service.must_lend()
        assert service.put(lease, success(lease.jobs[0].job_id, verdict="unfit")) == "accepted"
    status = service.status(profile)
    (told,) = status.failures
    assert (told.error_class, told.message) == ("timed_out", "unfit: the host was busy")
    assert [row.verdict for row in service.stored().measurements] == ["unfit"] * 3
    assert service.latest_snapshot(status.table_id or "").ops == ()


def test_raw_samples_come_back_as_they_were_sent(service: Service) -> None:
    lease, job_id = lease_of_one(service)
    result = success(job_id)
    service.put(lease, result)
    assert service.stored().measurements[0].measurement is None
    assert service.stored(with_samples=True).measurements[0].measurement == result.measurement
