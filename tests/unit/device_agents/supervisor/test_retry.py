import random

import pytest

from device_agents.supervisor.retry import Retry
from latency_service.contract.errors import InvalidInput, LatencyError, ServiceUnavailable


def retry(sleeps: list[float], attempts: int = 4, first_wait_s: float = 0.5, longest_wait_s: float = 20.0) -> Retry:
    return Retry(sleeps.append, random.Random(1), attempts, first_wait_s, longest_wait_s)


def failing(errors: list[LatencyError]) -> str:
    if errors:
        raise errors.pop(0)
    return "done"


def test_a_call_that_fails_twice_is_made_three_times() -> None:
    sleeps: list[float] = []
    errors: list[LatencyError] = [ServiceUnavailable("away"), ServiceUnavailable("away")]
    assert retry(sleeps).call(lambda: failing(errors)) == "done"
    assert len(sleeps) == 2


def test_waits_double_up_to_the_cap_with_jitter() -> None:
    sleeps: list[float] = []
    with pytest.raises(ServiceUnavailable):
        retry(sleeps, attempts=6, first_wait_s=1, longest_wait_s=5).call(lambda: failing([ServiceUnavailable("away")]))
    assert all(cap / 2 <= slept <= cap for slept, cap in zip(sleeps, (1, 2, 4, 5, 5), strict=True))
    assert len(set(sleeps)) == 5


def test_a_service_that_names_its_wait_is_obeyed() -> None:
    sleeps: list[float] = []
    errors: list[LatencyError] = [ServiceUnavailable("", retry_after_s=17.0), ServiceUnavailable("", retry_after_s=2.0)]
    assert retry(sleeps).call(lambda: failing(errors)) == "done"
    assert sleeps == [17.0, 2.0]


def test_a_longer_wait_than_the_cap_is_left_to_the_caller() -> None:
    sleeps: list[float] = []
    with pytest.raises(ServiceUnavailable):
        retry(sleeps).call(lambda: failing([ServiceUnavailable("", retry_after_s=21.0)]))
    assert sleeps == []


def test_nobody_waits_for_another_attempt_once_it_is_over() -> None:
    sleeps: list[float] = []
    impatient = Retry(sleeps.append, random.Random(1), is_over=lambda: bool(sleeps))
    with pytest.raises(ServiceUnavailable):
        impatient.call(lambda: failing([ServiceUnavailable("away")]))
    assert len(sleeps) == 1


def test_other_errors_are_not_tried_again() -> None:
    sleeps: list[float] = []
    with pytest.raises(InvalidInput):
        retry(sleeps).call(lambda: failing([InvalidInput("wrong")]))
    assert sleeps == []
