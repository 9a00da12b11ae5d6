"""Whose turn it is: priorities, and fairness among profiles of the same priority."""

from collections.abc import Sequence

import pytest

from latency_service.contract.conditions import Conditions
from latency_service.contract.messages import ProfileCreated
from latency_service.contract.ops import OpSpec
from tests.contract.service import Service
from tests.service_data import CONDITIONS, failure, new_id, op, ops, success

TFLITE = Conditions(runtime="tflite")
BOTH = ("onnxruntime", "tflite")


def numbered(numbers: range) -> list[OpSpec]:
    return [op(number) for number in numbers]


def jobs_until_done(service: Service, profile: ProfileCreated, max_jobs: int = 8) -> int:
    """Measure until the profile is done; return how many jobs were lent for that, others' included."""
    lent = 0
    while service.status(profile).state == "running":
        lease = service.lend(max_jobs, runtimes=BOTH)
        assert lease is not None
        lent += len(lease.jobs)
        service.post(lease, *((new_id(), success(job.job_id)) for job in lease.jobs))
    return lent


def heights(service: Service, count: int) -> list[int]:
    """Return the numbers of the next ops that are lent."""
    return [job.workload.input_height for job in service.must_lend(count).jobs if isinstance(job.workload, OpSpec)]


def profiles_of(service: Service, *workloads: Sequence[OpSpec]) -> list[ProfileCreated]:
    created = []
    for each in workloads:
        created.append(service.profile(each))
        service.clock.advance(1)
    return created


def test_a_large_profile_does_not_starve_a_small_one(service: Service) -> None:
    _, small = profiles_of(service, ops(5000), numbered(range(6001, 6011)))
    assert jobs_until_done(service, small) <= 24


def test_nor_one_that_is_half_done(service: Service) -> None:
    service.profile(ops(5000))
    for _ in range(3):
        service.must_lend(512)
    service.clock.advance(1)
    small = service.profile(numbered(range(6001, 6011)))
    assert jobs_until_done(service, small) <= 24


def test_nor_one_under_other_conditions(service: Service) -> None:
    service.profile(ops(5000))
    service.clock.advance(1)
    small = service.profile(ops(10), TFLITE)
    assert jobs_until_done(service, small, max_jobs=10) <= 30


def test_small_profiles_that_keep_coming_do_not_starve_a_large_one(service: Service) -> None:
    large = service.profile(ops(200))
    for first in range(1000, 1050, 10):
        service.clock.advance(1)
        service.profile(numbered(range(first, first + 10)))
        lease = service.must_lend(20)
        service.post(lease, *((new_id(), success(job.job_id)) for job in lease.jobs))
    assert service.status(large).counts["succeeded"] >= 50


def test_nor_do_tiny_ones_one_for_every_job_that_is_lent(service: Service) -> None:
    large = service.profile(ops(50))
    for number in range(1000, 1040):
        service.clock.advance(1)
        service.profile([op(number)])
        lease = service.must_lend(1)
        service.put(lease, success(lease.jobs[0].job_id))
    assert service.status(large).counts["succeeded"] >= 5


@pytest.mark.parametrize("conditions", [CONDITIONS, Conditions(runtime="onnxruntime", batch_size=2)])
def test_nor_do_they_where_work_waits_that_no_agent_can_do(service: Service, conditions: Conditions) -> None:
    service.profile(ops(10), TFLITE)
    large = service.profile(ops(200))
    lease = service.must_lend(100)
    service.post(lease, *((new_id(), success(job.job_id)) for job in lease.jobs))
    for first in range(1000, 1050, 10):
        service.clock.advance(1)
        service.profile(numbered(range(first, first + 10)), conditions)
        lease = service.must_lend(10)
        service.post(lease, *((new_id(), success(job.job_id)) for job in lease.jobs))
    assert service.status(large).counts["succeeded"] >= 110


def test_profiles_of_one_priority_take_turns_and_the_older_begins(service: Service) -> None:
    profiles_of(service, numbered(range(1, 4)), numbered(range(11, 14)))
    assert heights(service, 6) == [1, 2, 11, 3, 12, 13]


def test_a_more_urgent_profile_comes_first_and_a_less_urgent_one_last(service: Service) -> None:
    profiles_of(service, [op(1)])
    service.profile([op(2)], priority=5)
    service.profile([op(3)], priority=-5)
    assert heights(service, 3) == [2, 1, 3]


def test_a_job_that_a_more_urgent_profile_wants_too_moves_up(service: Service) -> None:
    service.profile(ops(4))
    service.profile([op(4)], priority=1)
    assert heights(service, 4) == [4, 1, 2, 3]


def test_a_job_that_a_less_urgent_profile_wants_too_stays_where_it_is(service: Service) -> None:
    service.profile([op(1)], priority=1)
    service.profile([op(3), op(1)])
    assert heights(service, 2) == [1, 3]


def test_a_job_that_a_small_profile_of_the_same_priority_wants_too_is_lent_at_its_turn(service: Service) -> None:
    profiles_of(service, ops(100), [op(100)])
    assert 100 in heights(service, 3)


def test_jobs_that_come_back_do_not_put_a_new_profile_before_those_that_wait(service: Service) -> None:
    service.profile(ops(300))
    lost = service.must_lend(4)
    done = service.must_lend(200)
    service.post(done, *((new_id(), success(job.job_id)) for job in done.jobs))
    service.put(lost, failure(lost.jobs[0].job_id))
    service.clock.advance(1)
    service.profile(numbered(range(1001, 1101)))
    assert heights(service, 5) == [1, 205, 206, 1001, 207]


def test_nor_do_jobs_that_are_handed_back(service: Service) -> None:
    service.profile(ops(300))
    returned = service.must_lend(4)
    done = service.must_lend(200)
    service.post(done, *((new_id(), success(job.job_id)) for job in done.jobs))
    service.release(returned)
    service.clock.advance(1)
    service.profile(numbered(range(1001, 1101)))
    assert heights(service, 8) == [1, 2, 3, 4, 205, 206, 1001, 207]


def test_a_profile_that_comes_while_all_others_are_lent_does_not_overtake_what_comes_back(service: Service) -> None:
    service.profile(ops(40))
    lease = service.must_lend(40)
    service.clock.advance(1)
    service.profile(numbered(range(1001, 1101)))
    service.release(lease)
    assert heights(service, 40)[:39] == list(range(1, 40))


def test_conditions_of_equal_priority_take_turns(service: Service) -> None:
    service.profile(ops(100))
    service.clock.advance(1)
    service.profile(ops(100), TFLITE)
    leases = [service.lend(10, runtimes=BOTH) for _ in range(4)]
    assert [lease and lease.conditions for lease in leases] == [CONDITIONS, TFLITE, CONDITIONS, TFLITE]
