from uuid import uuid4

import pytest

from device_agents.supervisor.batches import in_batches
from device_agents.supervisor.spool import SpooledResult
from latency_service.contract.messages import LeaseToken
from tests.unit.device_agents.parts import a_result


def spooled(token: str, number: int = 0) -> SpooledResult:
    return SpooledResult(result_id=uuid4(), token=LeaseToken(token), result=a_result(number))


def test_nothing_makes_no_batch() -> None:
    assert list(in_batches([])) == []


def test_results_of_one_lease_go_together_in_their_order() -> None:
    results = [spooled("a", 0), spooled("a", 1), spooled("b", 2), spooled("a", 3)]
    assert list(in_batches(results)) == [results[:2], results[2:3], results[3:]]


def test_no_batch_has_more_results_than_the_limit() -> None:
    assert [len(batch) for batch in in_batches(spooled("a") for _ in range(130))] == [64, 64, 2]


def test_no_batch_is_larger_than_the_limit_and_what_is_larger_goes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    length = len(spooled("a").model_dump_json())
    monkeypatch.setattr("device_agents.supervisor.batches.MOST_BYTES", 2 * length)
    assert [len(batch) for batch in in_batches(spooled("a") for _ in range(5))] == [2, 2, 1]
    monkeypatch.setattr("device_agents.supervisor.batches.MOST_BYTES", length - 1)
    assert [len(batch) for batch in in_batches(spooled("a") for _ in range(2))] == [1, 1]
