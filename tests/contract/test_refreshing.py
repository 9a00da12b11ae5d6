"""What is measured again on a schedule."""

from datetime import datetime, timedelta

import pytest

from latency_service.contract.messages import ProfileCreated, RefreshPolicy
from tests.contract.service import Service
from tests.service_data import START, failure, op, ops, success

DAY_S = 86_400
DAILY = RefreshPolicy(every_s=DAY_S)
#: What tests measure was measured at START, and ended a second later.
DAILY_AND_YOUNG = RefreshPolicy(every_s=DAY_S, max_age_s=1.5 * DAY_S)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def done(service: Service, policy: RefreshPolicy, count: int = 2) -> ProfileCreated:
    profile = service.profile(ops(count), refresh=policy)
    service.work()
    assert service.status(profile).state == "done"
    return profile


def test_a_finished_profile_says_when_it_is_looked_at_again(service: Service) -> None:
    status = service.status(done(service, DAILY))
    assert (status.refresh, status.refresh_at) == (DAILY, after(DAY_S))


def test_a_running_profile_does_not(service: Service) -> None:
    assert service.status(service.profile(ops(1), refresh=DAILY)).refresh_at is None


def test_nothing_happens_before_its_time(service: Service) -> None:
    profile = done(service, RefreshPolicy(every_s=DAY_S, max_age_s=1))
    service.clock.advance(DAY_S - 1)
    assert service.status(profile).state == "done"
    assert service.lend() is None


def test_where_nothing_is_stale_only_the_next_look_moves_on(service: Service) -> None:
    profile = done(service, DAILY_AND_YOUNG)
    before = service.status(profile)
    service.clock.advance(DAY_S)
    status = service.status(profile)
    assert status == before.model_copy(update={"refresh_at": after(2 * DAY_S)})
    assert service.lend() is None


def test_what_has_become_old_is_measured_again_and_another_snapshot_cut(service: Service) -> None:
    profile = done(service, DAILY_AND_YOUNG)
    before = service.status(profile)
    service.clock.advance(2 * DAY_S)
    again = service.status(profile)
    assert (again.state, again.counts["queued"], again.snapshot_id) == ("running", 2, before.snapshot_id)
    assert (again.refresh_at, again.finished_at) == (None, None)

    assert service.work(median_ms=3.0) == 2
    status = service.status(profile)
    assert status.state == "done"
    assert status.snapshot_id != before.snapshot_id
    assert status.refresh_at == after(3 * DAY_S)


def test_an_idle_agent_s_poll_is_enough(service: Service) -> None:
    done(service, RefreshPolicy(every_s=DAY_S, max_age_s=1))
    service.clock.advance(DAY_S)
    assert len(service.must_lend().jobs) == 2


@pytest.mark.parametrize(("noisy", "jobs"), [(True, 1), (False, 0)])
def test_what_is_only_noisy_is_measured_again_where_the_policy_says_so(
    service: Service, noisy: bool, jobs: int
) -> None:
    service.measure([op(1)])
    service.measure([op(2)], verdict="noisy")
    done(service, RefreshPolicy(every_s=DAY_S, noisy=noisy))
    service.clock.advance(DAY_S)
    assert service.work() == jobs


def test_what_stays_noisy_is_measured_once_a_look(service: Service) -> None:
    service.measure([op(1)], verdict="noisy")
    done(service, DAILY, count=1)
    for _ in range(3):
        service.clock.advance(DAY_S)
        assert service.work(verdict="noisy") == 1


def test_what_failed_is_tried_again_once_a_look(service: Service) -> None:
    profile = service.profile(ops(1), refresh=DAILY)
    lease = service.must_lend()
    service.put(lease, failure(lease.jobs[0].job_id, "out_of_memory"))
    assert len(service.status(profile).failures) == 1
    service.clock.advance(DAY_S)
    assert service.work() == 1
    status = service.status(profile)
    assert (status.state, status.failures, status.counts["succeeded"]) == ("done", (), 1)


def test_what_the_device_s_new_state_lacks_is_measured_at_the_next_look(service: Service) -> None:
    profile = done(service, DAILY)
    before = service.status(profile)
    service.register(governor="powersave")
    service.clock.advance(DAY_S)
    assert service.work() == 2
    assert service.status(profile).table_id != before.table_id


def test_a_refresh_gives_way_to_every_other_profile(service: Service) -> None:
    service.profile([op(1)], refresh=RefreshPolicy(every_s=DAY_S, max_age_s=1), priority=100)
    service.work()
    service.clock.advance(DAY_S)
    service.lend(max_threads=1, runtimes=("tflite",))  # a poll, which notices the refresh
    service.profile([op(2)], priority=-99)
    assert [job.workload for job in service.must_lend().jobs] == [op(2), op(1)]


def test_a_refresh_that_is_cancelled_ends(service: Service) -> None:
    profile = done(service, RefreshPolicy(every_s=DAY_S, max_age_s=1))
    service.clock.advance(DAY_S)
    assert service.status(profile).state == "running"
    service.cancel(profile)
    service.clock.advance(DAY_S)
    assert service.status(profile).state == "cancelled"
    assert service.lend() is None


def test_missed_looks_are_not_made_up_for(service: Service) -> None:
    profile = done(service, RefreshPolicy(every_s=60, max_age_s=30 * DAY_S))
    service.clock.advance(7 * DAY_S)
    assert service.status(profile).refresh_at == after(7 * DAY_S + 60)


def test_a_job_that_another_profile_has_queued_is_not_queued_twice(service: Service) -> None:
    profile = done(service, RefreshPolicy(every_s=DAY_S, max_age_s=1))
    service.clock.advance(DAY_S - 1)
    service.profile([op(1)], max_age_s=0)
    service.clock.advance(1)
    lease = service.must_lend()
    assert len(lease.jobs) == 2
    for job in lease.jobs:
        service.put(lease, success(job.job_id))
    assert service.status(profile).state == "done"
