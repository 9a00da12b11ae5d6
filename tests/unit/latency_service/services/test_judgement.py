import pytest

from latency_service.contract.errors import LeaseExpired, ResultMismatch
from latency_service.contract.keys import format_key
from latency_service.contract.messages import JobId, JobResult, JobState
from latency_service.repositories.leases import HeldJob
from latency_service.repositories.results import EarlierResult
from latency_service.services.arrivals import Arrival
from latency_service.services.judgement import Judgement
from tests.service_data import failure, fed_measurement, fed_op, measurement, op, success

JOB = JobId("job")


def held(state: JobState = "leased", token: str | None = "token", key: str = "key") -> dict[str, HeldJob]:
    return {JOB: HeldJob(JOB, key, attempt=1, attempts=1, state=state, lease_token=token)}


def arrival(result: JobResult | None = None, result_id: str = "id") -> Arrival:
    return Arrival.of(result_id, result or success(JOB))


def test_a_result_counts_once_for_the_lease_that_is_alive_and_holds_its_job() -> None:
    judgement = Judgement("token", True, held(), {})
    assert judgement.judge(arrival(result_id="one")).status == "accepted"
    assert judgement.judge(arrival(result_id="two")).status == "late"
    assert [kept.counts for kept in judgement.kept] == [True, False]


@pytest.mark.parametrize(
    ("is_alive", "jobs"),
    [(False, held()), (True, held(token="other")), (True, held("queued", None)), (True, held("succeeded"))],
    ids=["dead lease", "lent to another", "waits again", "has ended"],
)
def test_without_the_fence_a_measurement_is_an_observation_and_a_failure_nothing(
    is_alive: bool, jobs: dict[str, HeldJob]
) -> None:
    judgement = Judgement("token", is_alive, jobs, {})
    assert judgement.judge(arrival()).status == "late"
    refused = judgement.judge(arrival(failure(JOB), "other"))
    assert (refused.status, type(refused.error)) == ("refused", LeaseExpired)
    assert [kept.counts for kept in judgement.kept] == [False]


def test_a_job_that_the_lease_did_not_lend_is_refused() -> None:
    outcome = Judgement("token", True, {}, {}).judge(arrival())
    assert isinstance(outcome.error, ResultMismatch)


def test_another_protocol_is_refused_while_the_lease_lives_and_kept_when_it_is_dead() -> None:
    other = arrival(JobResult(job_id=JOB, measurement=measurement(protocol_version=1)))
    assert Judgement("token", True, held(), {}).judge(other).status == "refused"
    assert Judgement("token", False, held(), {}).judge(other).status == "late"


def test_an_op_is_timed_behind_the_feeder_that_the_contract_has_for_it() -> None:
    other = format_key(op(1))
    jobs = held(key=format_key(fed_op()))
    wrong = JobResult(job_id=JOB, measurement=fed_measurement(1.0, 0.8, feeder=other))
    outcome = Judgement("token", True, jobs, {}).judge(arrival(wrong))
    assert isinstance(outcome.error, ResultMismatch)
    assert f"timed behind {other}" in str(outcome.error)
    right = JobResult(job_id=JOB, measurement=fed_measurement(1.0, 0.8))
    assert Judgement("token", True, jobs, {}).judge(arrival(right)).status == "accepted"


@pytest.mark.parametrize("key", [format_key(op(1)), "v1-network-" + 24 * "0"])
def test_what_has_no_feeder_is_timed_alone(key: str) -> None:
    jobs = held(key=key)
    fed = JobResult(job_id=JOB, measurement=fed_measurement(1.0, 0.8))
    outcome = Judgement("token", True, jobs, {}).judge(arrival(fed))
    assert "stands behind none" in str(outcome.error)


@pytest.mark.parametrize(("leased", "status"), [(True, "duplicate"), (False, "late")])
def test_a_result_that_came_before_is_what_it_was_then(leased: bool, status: str) -> None:
    again = arrival()
    judgement = Judgement("token", True, held("queued", None), {"id": EarlierResult(again.body_hash, leased)})
    assert judgement.judge(again).status == status
    assert judgement.kept == []


def test_another_body_under_the_same_id_is_refused() -> None:
    judgement = Judgement("token", True, held(), {"id": EarlierResult("another", True)})
    assert isinstance(judgement.judge(arrival()).error, ResultMismatch)


def test_a_job_that_was_cancelled_under_a_live_lease_takes_what_comes_and_counts_nothing() -> None:
    judgement = Judgement("token", True, held("cancelled"), {})
    assert judgement.judge(arrival(result_id="one")).status == "accepted"
    assert judgement.judge(arrival(failure(JOB), "two")).status == "accepted"
    assert [kept.counts for kept in judgement.kept] == [False, False]
