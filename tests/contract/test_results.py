"""Which results count, once each, and which attempts are worth another."""

import pytest

from latency_service.contract.errors import LeaseExpired, ResultMismatch
from latency_service.contract.measurement import ErrorClass, Verdict
from latency_service.contract.messages import JobId, JobResult, Lease, LeaseToken, MeasurementPage
from latency_service.services import catalogue
from tests.contract.service import Service
from tests.service_data import failure, keys, measurement, new_id, op, ops, success


def stored(service: Service, *, with_samples: bool = False) -> MeasurementPage:
    with service.database.reading() as session:
        return catalogue.list_measurements(session, None, None, 0, 100, with_samples)


def lease_of_one(service: Service) -> tuple[Lease, JobId]:
    service.profile([op(1)])
    lease = service.must_lend()
    return lease, lease.jobs[0].job_id


def job_of(lease: Lease, number: int) -> JobId:
    """Return the lease's job that measures `op(number)`."""
    return next(job.job_id for job in lease.jobs if job.workload == op(number))


def test_the_same_result_again_is_a_duplicate(service: Service) -> None:
    lease, job_id = lease_of_one(service)
    result_id = new_id()
    assert service.put(lease, success(job_id), result_id) == "accepted"
    assert service.put(lease, success(job_id), result_id) == "duplicate"
    assert len(stored(service).measurements) == 1


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
    assert stored(service).measurements == ()


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
    (row,) = stored(service).measurements
    assert (row.leased, row.workload, row.attempt) == (False, keys(1)[0], 1)
    assert service.look_up(row.table_id, keys(1)).entries[0].latency_ms == 5.0


def test_a_late_measurement_sent_again_is_kept_once_and_late_again(service: Service) -> None:
    lost, job_id = lease_of_one(service)
    service.clock.advance(91)
    result_id = new_id()
    assert service.put(lost, success(job_id), result_id) == "late"
    assert service.put(lost, success(job_id), result_id) == "late"
    assert len(stored(service).measurements) == 1


def test_a_late_measurement_goes_to_the_table_of_the_state_it_was_taken_in(service: Service) -> None:
    before = service.measure([op(2)]).table_id
    lost, job_id = lease_of_one(service)
    service.register(governor="powersave")
    service.clock.advance(91)
    service.put(lost, success(job_id))
    assert stored(service).measurements[-1].table_id == before


def test_a_late_measurement_by_another_protocol_goes_to_a_table_of_its_own(service: Service) -> None:
    before = service.measure([op(2)]).table_id
    lost, job_id = lease_of_one(service)
    service.clock.advance(91)
    late = JobResult(job_id=job_id, measurement=measurement(protocol_version=1))
    assert service.put(lost, late) == "late"
    assert stored(service).measurements[-1].table_id != before


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
    assert stored(service).measurements == ()


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
    assert [row.verdict for row in stored(service).measurements] == ["unfit"] * 3
    assert service.latest_snapshot(status.table_id or "").ops == ()


def test_raw_samples_come_back_as_they_were_sent(service: Service) -> None:
    lease, job_id = lease_of_one(service)
    result = success(job_id)
    service.put(lease, result)
    assert stored(service).measurements[0].measurement is None
    assert stored(service, with_samples=True).measurements[0].measurement == result.measurement


class TestPoison:
    """A job that crashes the same way in the hands of two agents' lives is held as failed."""

    def crash(self, service: Service, agent_id: str, message: str = "signal 11") -> None:
        lease = service.must_lend(agent_id=agent_id)
        service.put(lease, failure(lease.jobs[0].job_id, "crashed", message))

    def test_the_same_crash_of_two_agents_is_the_last(self, service: Service) -> None:
        profile = service.profile([op(1)])
        self.crash(service, "one")
        self.crash(service, "two")
        assert service.lend() is None
        (told,) = service.status(profile).failures
        assert (told.error_class, told.message, told.attempts) == ("crashed", "signal 11", 2)

    @pytest.mark.parametrize(("agent_id", "message"), [("one", "signal 11"), ("two", "signal 6"), ("", "signal 11")])
    def test_the_same_agent_another_crash_or_a_nameless_agent_is_not(
        self, service: Service, agent_id: str, message: str
    ) -> None:
        service.profile([op(1)])
        self.crash(service, "one")
        self.crash(service, agent_id, message)
        assert service.must_lend().jobs[0].attempt == 3

    def test_a_crash_in_nameless_hands_is_no_twin(self, service: Service) -> None:
        service.profile([op(1)])
        self.crash(service, "")
        self.crash(service, "two")
        assert service.must_lend().jobs[0].attempt == 3

    def test_a_time_out_that_repeats_is_tried_as_often_as_ever(self, service: Service) -> None:
        service.profile([op(1)])
        for agent_id in ("one", "two"):
            lease = service.must_lend(agent_id=agent_id)
            service.put(lease, failure(lease.jobs[0].job_id, "timed_out", "too slow"))
        assert service.must_lend().jobs[0].attempt == 3

    def test_a_poison_job_does_not_take_others_with_it(self, service: Service) -> None:
        service.profile(ops(2))
        for agent_id in ("one", "two"):
            lease = service.must_lend(max_jobs=1, agent_id=agent_id)
            service.put(lease, failure(lease.jobs[0].job_id))
        assert [job.workload for job in service.must_lend().jobs] == [op(2)]


class TestBatches:
    """Several results in one request; each stands or falls by itself."""

    def test_every_result_has_its_outcome_in_the_order_sent(self, service: Service) -> None:
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
        assert [row.leased for row in stored(service).measurements] == [True, False, True]

    def test_the_last_result_of_a_lease_ends_it_and_the_profile(self, service: Service) -> None:
        profile = service.profile(ops(3))
        lease = service.must_lend()
        service.post(lease, *((new_id(), success(job.job_id)) for job in lease.jobs))
        assert service.status(profile).state == "done"
        with pytest.raises(LeaseExpired):
            service.renew(lease)

    def test_a_batch_that_comes_late_is_kept(self, service: Service) -> None:
        service.profile(ops(2))
        lost = service.must_lend()
        service.clock.advance(91)
        outcomes = service.post(lost, *((new_id(), success(job.job_id)) for job in lost.jobs))
        assert [outcome.status for outcome in outcomes] == ["late", "late"]
        assert [row.leased for row in stored(service).measurements] == [False, False]

    def test_a_batch_may_be_sent_again_after_some_of_it_came_alone(self, service: Service) -> None:
        service.profile(ops(2))
        lease = service.must_lend()
        batch = [(new_id(), success(job.job_id)) for job in lease.jobs]
        service.put(lease, batch[0][1], batch[0][0])
        assert [outcome.status for outcome in service.post(lease, *batch)] == ["duplicate", "accepted"]
        assert [outcome.status for outcome in service.post(lease, *batch)] == ["duplicate", "duplicate"]
        assert len(stored(service).measurements) == 2

    def test_a_batch_for_a_lease_that_never_was_is_refused(self, service: Service) -> None:
        lease, job_id = lease_of_one(service)
        forged = lease.model_copy(update={"token": LeaseToken("forged")})
        with pytest.raises(LeaseExpired):
            service.post(forged, (new_id(), success(job_id)), (new_id(), success(job_id)))

    def test_failures_of_a_batch_end_their_jobs_each_in_its_way(self, service: Service) -> None:
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


class TestLate:
    def test_a_job_that_waits_again_need_not_run_again_once_a_late_result_is_ok(self, service: Service) -> None:
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

    def test_nor_need_one_that_nobody_has_taken_back_yet(self, service: Service) -> None:
        profile = service.profile([op(1)])
        lost = service.must_lend()
        service.clock.advance(91)
        service.put(lost, success(lost.jobs[0].job_id))
        assert service.status(profile).state == "done"

    @pytest.mark.parametrize("verdict", ["noisy", "unfit"])
    def test_a_late_result_that_is_not_ok_spares_nothing(self, service: Service, verdict: Verdict) -> None:
        service.profile([op(1)])
        lost = service.must_lend()
        service.clock.advance(91)
        assert service.put(lost, success(lost.jobs[0].job_id, verdict=verdict)) == "late"
        assert service.must_lend().jobs[0].attempt == 2

    def test_a_late_result_of_a_state_that_the_device_has_left_spares_nothing(self, service: Service) -> None:
        service.profile([op(1)])
        lost = service.must_lend()
        service.register(governor="powersave")
        service.clock.advance(91)
        service.put(lost, success(lost.jobs[0].job_id))
        assert service.must_lend().jobs[0].attempt == 2

    def test_a_late_result_by_another_protocol_spares_nothing(self, service: Service) -> None:
        service.profile([op(1)])
        lost = service.must_lend()
        service.clock.advance(91)
        service.put(lost, JobResult(job_id=lost.jobs[0].job_id, measurement=measurement(protocol_version=1)))
        assert service.must_lend().jobs[0].attempt == 2

    def test_a_job_that_failed_for_good_stays_failed(self, service: Service) -> None:
        profile = service.profile([op(1)])
        lost = service.must_lend()
        service.put(lost, failure(lost.jobs[0].job_id, "unsupported"))
        assert service.put(lost, success(lost.jobs[0].job_id)) == "late"
        assert service.status(profile).counts["failed"] == 1


class TestCancelled:
    def test_what_was_measured_for_nobody_is_taken_and_kept_as_an_unleased_observation(self, service: Service) -> None:
        profile, _ = service.profile([op(1)]), service.profile([op(2)])
        lease = service.must_lend()
        service.cancel(profile)
        result_id = new_id()
        assert service.put(lease, success(job_of(lease, 1), 4.0), result_id) == "accepted"
        assert service.put(lease, success(job_of(lease, 1), 4.0), result_id) == "duplicate"
        (row,) = stored(service).measurements
        assert not row.leased
        assert service.look_up(row.table_id, keys(1)).entries[0].latency_ms == 4.0
        assert service.status(profile).counts["cancelled"] == 1

    def test_a_failure_of_a_cancelled_job_is_taken_and_ends_nothing(self, service: Service) -> None:
        profile, _ = service.profile([op(1)]), service.profile([op(2)])
        lease = service.must_lend()
        service.cancel(profile)
        assert service.put(lease, failure(job_of(lease, 1))) == "accepted"
        assert service.status(profile).counts["cancelled"] == 1

    def test_the_last_wanted_result_ends_the_lease(self, service: Service) -> None:
        profile, _ = service.profile([op(1)]), service.profile([op(2)])
        lease = service.must_lend()
        service.cancel(profile)
        service.put(lease, success(job_of(lease, 2)))
        with pytest.raises(LeaseExpired):
            service.renew(lease)
