"""What is lent, for how long, and what happens to it when its agent is gone."""

from datetime import timedelta

import pytest

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import DeviceNotFound, DeviceStateUnknown, LeaseExpired
from latency_service.contract.messages import LeaseToken
from latency_service.services import deregistration, expiry
from latency_service.services.registration import get_device
from tests.contract.service import Service
from tests.service_data import DEVICE, START, failure, op, ops, registration, success

TFLITE = Conditions(runtime="tflite")
TWO_THREADS = Conditions(runtime="onnxruntime", threads=2)


def test_nothing_is_lent_while_nothing_is_queued(service: Service) -> None:
    assert service.lend() is None


def test_a_lease_holds_the_jobs_in_the_order_asked(service: Service) -> None:
    service.profile(ops(3))
    lease = service.must_lend(max_jobs=2)
    assert [job.workload for job in lease.jobs] == ops(2)
    assert [job.attempt for job in lease.jobs] == [1, 1]
    assert lease.expires_at == START + timedelta(seconds=90)
    assert (lease.lease_s, lease.renew_s) == (90, 30)


def test_a_job_is_lent_to_one_agent_at_a_time(service: Service) -> None:
    service.profile(ops(2))
    first, second = service.must_lend(max_jobs=1), service.must_lend()
    assert {job.job_id for job in first.jobs}.isdisjoint(job.job_id for job in second.jobs)
    assert service.lend() is None


def test_the_oldest_profile_comes_first_and_conditions_are_never_mixed(service: Service) -> None:
    service.profile(ops(1), TFLITE)
    service.clock.advance(1)
    service.profile(ops(2))
    service.clock.advance(1)
    service.profile(ops(2), TFLITE)
    both = ("onnxruntime", "tflite")
    first, second = service.lend(runtimes=both), service.lend(runtimes=both)
    assert first is not None
    assert second is not None
    assert (first.conditions, len(first.jobs)) == (TFLITE, 2)
    assert (second.conditions.runtime, len(second.jobs)) == ("onnxruntime", 2)


def test_an_agent_gets_only_what_its_runtimes_and_threads_allow(service: Service) -> None:
    service.profile(ops(1), TFLITE)
    service.profile(ops(1), TWO_THREADS)
    assert service.lend(runtimes=("onnxruntime",), max_threads=1) is None
    lease = service.lend(runtimes=("onnxruntime",), max_threads=2)
    assert lease is not None
    assert lease.conditions == TWO_THREADS


def test_a_device_gets_only_its_own_jobs(service: Service) -> None:
    service.profile(ops(1))
    service.register(name="other")
    assert service.lend(device="other") is None


def test_an_unknown_device_is_told_to_register(service: Service) -> None:
    with pytest.raises(DeviceNotFound, match="nobody"):
        service.lend(device="nobody")


def test_a_state_that_was_never_registered_gets_no_lease(service: Service) -> None:
    service.device_state = registration(governor="ondemand").state.fingerprint
    with pytest.raises(DeviceStateUnknown, match="never registered"):
        service.lend()


def test_a_state_that_the_device_left_gets_no_lease(service: Service) -> None:
    old = service.device_state
    service.register(governor="powersave")
    service.device_state = old
    with pytest.raises(DeviceStateUnknown, match="register again"):
        service.lend()


def test_a_renewed_lease_lives_on(service: Service) -> None:
    service.profile(ops(1))
    lease = service.must_lend()
    service.clock.advance(60)
    renewed = service.renew(lease)
    assert renewed.expires_at == START + timedelta(seconds=150)
    assert renewed.cancelled == ()
    service.clock.advance(60)
    assert service.put(lease, success(lease.jobs[0].job_id)) == "accepted"


def test_an_expired_lease_cannot_be_renewed(service: Service) -> None:
    service.profile(ops(1))
    lease = service.must_lend()
    service.clock.advance(90)
    with pytest.raises(LeaseExpired):
        service.renew(lease)


def test_a_token_that_was_never_lent_cannot_be_renewed(service: Service) -> None:
    service.profile(ops(1))
    lease = service.must_lend().model_copy(update={"token": LeaseToken("forged")})
    with pytest.raises(LeaseExpired):
        service.renew(lease)


def test_the_jobs_of_an_expired_lease_are_lent_again(service: Service) -> None:
    service.profile(ops(2))
    lost = service.must_lend()
    service.put(lost, success(lost.jobs[0].job_id))
    service.clock.advance(91)
    again = service.must_lend()
    assert [(job.job_id, job.attempt) for job in again.jobs] == [(lost.jobs[1].job_id, 2)]


def test_a_job_whose_lease_expires_three_times_fails(service: Service) -> None:
    profile = service.profile(ops(1))
    for attempt in (1, 2, 3):
        assert service.must_lend().jobs[0].attempt == attempt
        service.clock.advance(91)
    status = service.status(profile)
    assert status.state == "done"
    assert [(told.error_class, told.message) for told in status.failures] == [("crashed", "lease expired")]
    assert service.lend() is None


def test_reading_a_profile_takes_back_what_expired(service: Service) -> None:
    profile = service.profile(ops(1))
    service.must_lend()
    service.clock.advance(91)
    assert service.status(profile).counts["queued"] == 1


def test_a_lease_from_before_the_clock_was_set_back_ends_a_lease_from_now(service: Service) -> None:
    profile = service.profile(ops(1))
    service.must_lend()
    service.clock.advance(-3600)
    assert service.status(profile).counts["leased"] == 1
    service.clock.advance(91)
    assert service.status(profile).counts["queued"] == 1


def test_a_released_lease_gives_its_jobs_back_without_counting_an_attempt(service: Service) -> None:
    service.profile(ops(2))
    lease = service.must_lend()
    service.put(lease, success(lease.jobs[0].job_id))
    service.release(lease)
    again = service.must_lend()
    assert [(job.job_id, job.attempt) for job in again.jobs] == [(lease.jobs[1].job_id, 1)]
    with pytest.raises(LeaseExpired):
        service.renew(lease)


def test_a_job_that_is_handed_back_too_often_counts_its_attempts_from_then_on(service: Service) -> None:
    service.settings = service.settings.model_copy(update={"max_returns": 2})
    profile = service.profile(ops(1))
    attempts = []
    while (lease := service.lend()) is not None:
        attempts.append(lease.jobs[0].attempt)
        service.release(lease)
    assert attempts == [1, 1, 1, 2, 3]
    (told,) = service.status(profile).failures
    assert (told.error_class, told.message) == ("crashed", "handed back unmeasured more than 2 times")


def test_releasing_an_ended_lease_changes_nothing(service: Service) -> None:
    service.profile(ops(1))
    lost = service.must_lend()
    service.clock.advance(91)
    again = service.must_lend()
    service.release(lost)
    assert service.put(again, success(again.jobs[0].job_id)) == "accepted"


def test_a_lease_whose_jobs_all_have_results_ends_by_itself(service: Service) -> None:
    service.profile(ops(2))
    lease = service.must_lend()
    service.put(lease, success(lease.jobs[0].job_id))
    service.renew(lease)
    service.put(lease, failure(lease.jobs[1].job_id))
    with pytest.raises(LeaseExpired):
        service.renew(lease)


def test_a_device_that_said_goodbye_is_told_to_register_again(service: Service) -> None:
    service.profile(ops(1))
    service.database.write(
        lambda session: deregistration.deregister(session, DEVICE, service.settings, service.clock())
    )
    with pytest.raises(DeviceStateUnknown, match="goodbye"):
        service.lend()
    service.register()
    assert service.lend() is not None


def test_a_poll_that_changes_nothing_writes_nothing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(*arguments: object) -> None:
        raise AssertionError("nothing is to be written")

    service.profile(ops(2))
    assert service.lend(runtimes=("tflite",)) is None
    service.must_lend(max_jobs=1)
    service.must_lend(max_jobs=1)
    monkeypatch.setattr(service.database, "write", write)
    service.clock.advance(9)
    assert service.lend() is None


def test_an_idle_agent_is_seen_all_the_same(service: Service) -> None:
    service.clock.advance(10)
    assert service.lend() is None
    with service.database.reading() as session:
        assert get_device(session, DEVICE).last_seen_at == service.clock()


def test_all_expired_leases_of_all_devices_are_taken_back_at_once(service: Service) -> None:
    service.register("other")
    service.register()
    for device in (DEVICE, "other"):
        service.profile(ops(2), device=device)
        service.lend(device=device)
    service.clock.advance(60)
    service.profile([op(3)])
    alive = service.must_lend()
    service.clock.advance(31)
    devices = service.database.write(
        lambda session: expiry.expire_everywhere(session, service.settings, service.clock())
    )
    assert len(devices) == 2
    service.renew(alive)
    assert len(service.must_lend().jobs) == 2
    lease = service.lend(device="other")
    assert lease is not None
    assert [job.attempt for job in lease.jobs] == [2, 2]
