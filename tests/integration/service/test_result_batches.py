"""Several results in one request, over HTTP."""

from typing import Any

from starlette.testclient import TestClient

from latency_service.contract.messages import JobResult
from tests.integration.service.calls import PROFILE, assert_problem, body, lend, measured
from tests.service_data import ManualClock, failure, new_id, registration, success


def identified(result: JobResult) -> dict[str, Any]:
    return body(result) | {"result_id": new_id()}


def ask(client: TestClient) -> None:
    client.post("/v1/devices", json=body(registration()))
    client.post("/v1/profiles", json=PROFILE)


def test_each_outcome_is_told_in_the_order_sent_and_a_refused_one_with_its_problem(client: TestClient) -> None:
    ask(client)
    lease = lend(client)
    first, second = (job.job_id for job in lease.jobs)
    results = [identified(success(first)), identified(success(first, 2.0)), identified(failure(first))]
    results += [results[0], identified(success(second))]
    answer = client.post(f"/v1/leases/{lease.token}/results", json={"results": results})
    assert answer.status_code == 200, answer.text
    outcomes = answer.json()["outcomes"]
    assert [outcome["result_id"] for outcome in outcomes] == [result["result_id"] for result in results]
    assert [outcome["status"] for outcome in outcomes] == ["accepted", "late", "refused", "duplicate", "accepted"]
    problem = outcomes[2]["problem"]
    assert (problem["status"], problem["code"], problem["title"]) == (410, "lease_expired", "Gone")
    assert outcomes[0]["problem"] is None


def test_a_batch_ends_its_profile_as_single_results_do(client: TestClient) -> None:
    assert measured(client).state == "done"
    client.post("/v1/profiles", json=PROFILE | {"max_age_s": 0})
    lease = lend(client)
    batch = {"results": [identified(success(job.job_id)) for job in lease.jobs]}
    client.post(f"/v1/leases/{lease.token}/results", json=batch)
    (latest, _) = client.get("/v1/profiles").json()["profiles"]
    assert latest["state"] == "done"


def test_a_batch_that_comes_late_is_kept_and_no_error(client: TestClient, clock: ManualClock) -> None:
    ask(client)
    lease = lend(client)
    clock.advance(91)
    batch = {"results": [identified(success(job.job_id)) for job in lease.jobs]}
    answer = client.post(f"/v1/leases/{lease.token}/results", json=batch)
    assert [outcome["status"] for outcome in answer.json()["outcomes"]] == ["late", "late"]


def test_a_batch_for_a_lease_that_never_was_is_gone(client: TestClient) -> None:
    ask(client)
    batch = {"results": [identified(success(lend(client).jobs[0].job_id))]}
    assert_problem(client.post("/v1/leases/forged/results", json=batch), 410, "lease_expired")


def test_an_empty_batch_is_invalid(client: TestClient) -> None:
    assert_problem(client.post("/v1/leases/any/results", json={"results": []}), 422, "invalid_input")
