"""What a profile asks for, and when it is done."""

from datetime import timedelta
from typing import Any

import pytest

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import DeviceNotFound, ProfileNotFound
from latency_service.contract.messages import ProfileList, RefreshPolicy
from latency_service.contract.network import NetworkSpec, workload_key
from latency_service.services import progress
from tests.contract.service import Service
from tests.service_data import CONDITIONS, START, ZERO, failure, keys, op, ops, success


def test_everything_is_queued_while_the_table_is_empty(service: Service) -> None:
    created = service.profile(ops(3))
    assert created.measured == ()
    assert list(created.queued) == keys(3)


def test_a_workload_named_twice_is_queued_once(service: Service) -> None:
    created = service.profile([op(1), op(1)])
    assert list(created.queued) == keys(1)
    assert len(service.must_lend().jobs) == 1


def test_what_the_table_holds_is_not_queued(service: Service) -> None:
    service.measure(ops(2))
    created = service.profile(ops(3))
    assert list(created.measured) == keys(2)
    assert list(created.queued) == keys(3)[2:]


def test_a_noisy_value_will_do(service: Service) -> None:
    service.measure([op(1)], verdict="noisy")
    assert service.profile([op(1)]).queued == ()


def test_what_is_older_than_asked_for_is_measured_again(service: Service) -> None:
    service.clock.advance(1)
    service.measure([op(1)])
    service.clock.advance(100)
    assert service.profile([op(1)], max_age_s=200).queued == ()
    assert list(service.profile([op(1)], max_age_s=50).queued) == keys(1)


@pytest.mark.parametrize("max_age_s", [1e11, 1e300])
def test_an_age_before_the_calendar_begins_takes_any_value(service: Service, max_age_s: float) -> None:
    service.measure([op(1)])
    assert service.profile([op(1)], max_age_s=max_age_s).queued == ()


def test_max_age_zero_measures_everything_anew(service: Service) -> None:
    service.clock.advance(1)
    service.measure([op(1)])
    assert list(service.profile([op(1)], max_age_s=0).queued) == keys(1)


def test_max_age_zero_measures_anew_what_a_clock_that_runs_ahead_measured(service: Service) -> None:
    service.measure([op(1)])  # it says that it was measured one second from now
    assert list(service.profile([op(1)], max_age_s=0).queued) == keys(1)


def test_zero_is_measured_by_definition(service: Service) -> None:
    created = service.profile([ZERO], max_age_s=0)
    assert list(created.measured) == [workload_key(ZERO)]
    assert service.lend() is None


def test_other_conditions_are_another_table(service: Service) -> None:
    service.measure([op(1)])
    created = service.profile([op(1)], conditions=Conditions(runtime="onnxruntime", threads=2))
    assert list(created.queued) == keys(1)


def test_a_network_can_be_asked_for(service: Service) -> None:
    network = NetworkSpec(ops=(op(3), op(3)))
    status = service.measure([network])
    snapshot = service.latest_snapshot(status.table_id or "")
    assert [entry.workload for entry in snapshot.networks] == [workload_key(network)]
    assert snapshot.ops == ()


def test_two_profiles_share_the_jobs_that_both_want(service: Service) -> None:
    first, second = service.profile(ops(2)), service.profile(ops(3))
    lease = service.must_lend()
    assert len(lease.jobs) == 3
    for job in lease.jobs:
        service.put(lease, success(job.job_id))
    assert service.status(first).state == service.status(second).state == "done"


def test_progress_counts_the_workloads_that_have_ended(service: Service) -> None:
    service.measure([op(1)])
    profile = service.profile([*ops(3), ZERO])
    lease = service.must_lend(max_jobs=1)
    assert service.status(profile).progress == 0.5
    service.put(lease, success(lease.jobs[0].job_id))
    status = service.status(profile)
    assert status.progress == 0.75
    assert status.already_measured == 2
    assert status.counts == {"queued": 1, "leased": 0, "succeeded": 1, "failed": 0, "cancelled": 0}
    assert status.state == "running"
    assert status.snapshot_id is None


def test_a_profile_is_done_with_its_last_job_and_names_its_snapshot(service: Service) -> None:
    profile = service.profile(ops(2))
    lease = service.must_lend()
    service.clock.advance(5)
    for job in lease.jobs:
        service.put(lease, success(job.job_id))
    status = service.status(profile)
    assert (status.state, status.progress) == ("done", 1.0)
    assert status.finished_at == START + timedelta(seconds=5)
    snapshot = service.latest_snapshot(status.table_id or "")
    assert snapshot.snapshot_id == status.snapshot_id
    assert [entry.workload for entry in snapshot.ops] == keys(2)


def test_a_profile_with_nothing_to_measure_is_done_at_once(service: Service) -> None:
    earlier = service.measure(ops(2))
    status = service.status(service.profile(ops(2)))
    assert status.state == "done"
    assert status.snapshot_id == earlier.snapshot_id


def test_failed_jobs_are_told_with_their_reasons(service: Service) -> None:
    profile = service.profile(ops(1))
    lease = service.must_lend()
    service.put(lease, failure(lease.jobs[0].job_id, "unsupported", "no kernel for it"))
    status = service.status(profile)
    assert status.state == "done"
    (told,) = status.failures
    assert (told.workload, told.error_class, told.message, told.attempts) == (
        keys(1)[0],
        "unsupported",
        "no kernel for it",
        1,
    )


def test_what_was_measured_in_a_state_that_the_device_left_is_measured_again(service: Service) -> None:
    service.measure(ops(2))
    profile = service.profile(ops(3))
    lease = service.must_lend()
    service.register(governor="powersave")
    service.put(lease, success(lease.jobs[0].job_id))
    assert service.status(profile).state == "running"

    again = service.must_lend()
    assert len(again.jobs) == 3
    for job in again.jobs:
        service.put(again, success(job.job_id))
    status = service.status(profile)
    assert status.state == "done"
    assert len(service.latest_snapshot(status.table_id or "").ops) == 3


def test_a_profile_may_be_larger_than_a_statement_has_variables(service: Service) -> None:
    many = ops(5000)
    assert len(service.profile(many).queued) == 5000
    assert len(service.profile(many).queued) == 5000
    assert len(service.must_lend(max_jobs=512).jobs) == 512


def test_a_profile_of_an_unknown_device_is_refused(service: Service) -> None:
    with pytest.raises(DeviceNotFound, match="device-agent run --name nobody"):
        service.profile(ops(1), device="nobody")


def test_an_unknown_profile_is_not_found(service: Service) -> None:
    with service.database.reading() as session, pytest.raises(ProfileNotFound):
        progress.profile_status(session, "nothing")


def test_a_profile_tells_what_it_asked_for(service: Service) -> None:
    status = service.status(service.profile(ops(1)))
    assert (status.device, status.conditions, status.created_at) == ("board", CONDITIONS, START)


def listed(service: Service, **query: Any) -> ProfileList:
    asked = {"device": None, "state": None, "before": None, "limit": 50} | query
    return service.database.read(lambda session: progress.list_profiles(session, **asked))


def test_profiles_are_listed_the_newest_first(service: Service) -> None:
    first = service.profile([op(1), ZERO])
    service.clock.advance(1)
    second = service.profile([op(2)], priority=7, refresh=RefreshPolicy(every_s=60))
    page = listed(service)
    assert [each.profile_id for each in page.profiles] == [second.profile_id, first.profile_id]
    assert page.next_before is None
    for each, created in zip(page.profiles, (second, first), strict=True):
        status = service.status(created).model_dump(exclude={"failures"})
        assert each.model_dump() == status


def test_profiles_are_listed_by_device_and_state(service: Service) -> None:
    service.register(name="other")
    other = service.profile(ops(1), device="other")
    cancelled, running = service.profile(ops(2)), service.profile(ops(1))
    service.cancel(cancelled)
    assert [each.profile_id for each in listed(service, device="other").profiles] == [other.profile_id]
    assert [each.profile_id for each in listed(service, state="cancelled").profiles] == [cancelled.profile_id]
    found = listed(service, device="board", state="running").profiles
    assert [each.profile_id for each in found] == [running.profile_id]
    assert listed(service, device="nobody").profiles == ()


def test_pages_of_profiles_leave_none_out_and_repeat_none(service: Service) -> None:
    created = []
    for number in range(1, 12):
        created.append(service.profile([op(number)]).profile_id)
        service.clock.advance(number % 3 == 0)  # three profiles a moment
    pages, before = [], None
    while True:
        page = listed(service, limit=2, before=before)
        pages.append([each.profile_id for each in page.profiles])
        before = page.next_before
        if before is None:
            break
    assert sorted(each for page in pages for each in page) == sorted(created)
    assert [len(page) for page in pages][:4] == [2, 3, 3, 3]
