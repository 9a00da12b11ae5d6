"""A job that crashes the same way in the hands of two agents' lives is held as failed."""

import pytest

from tests.contract.service import Service
from tests.service_data import failure, op, ops


def crash(service: Service, agent_id: str, message: str = "signal 11") -> None:
    lease = service.must_lend(agent_id=agent_id)
    service.put(lease, failure(lease.jobs[0].job_id, "crashed", message))


def test_the_same_crash_of_two_agents_is_the_last(service: Service) -> None:
    profile = service.profile([op(1)])
    crash(service, "one")
    crash(service, "two")
    assert service.lend() is None
    (told,) = service.status(profile).failures
    assert (told.error_class, told.message, told.attempts) == ("crashed", "signal 11", 2)


@pytest.mark.parametrize(("agent_id", "message"), [("one", "signal 11"), ("two", "signal 6"), ("", "signal 11")])
def test_the_same_agent_another_crash_or_a_nameless_agent_is_not(service: Service, agent_id: str, message: str) -> None:
    service.profile([op(1)])
    crash(service, "one")
    crash(service, agent_id, message)
    assert service.must_lend().jobs[0].attempt == 3


def test_a_crash_in_nameless_hands_is_no_twin(service: Service) -> None:
    service.profile([op(1)])
    crash(service, "")
    crash(service, "two")
    assert service.must_lend().jobs[0].attempt == 3


def test_a_time_out_that_repeats_is_tried_as_often_as_ever(service: Service) -> None:
    service.profile([op(1)])
    for agent_id in ("one", "two"):
        lease = service.must_lend(agent_id=agent_id)
        service.put(lease, failure(lease.jobs[0].job_id, "timed_out", "too slow"))
    assert service.must_lend().jobs[0].attempt == 3


def test_a_poison_job_does_not_take_others_with_it(service: Service) -> None:
    service.profile(ops(2))
    for agent_id in ("one", "two"):
        lease = service.must_lend(max_jobs=1, agent_id=agent_id)
        service.put(lease, failure(lease.jobs[0].job_id))
    assert [job.workload for job in service.must_lend().jobs] == [op(2)]
