"""Predicted values and advice over HTTP."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from latency_service.contract.keys import format_key
from latency_service.contract.messages import Advice, Entry
from latency_service.contract.network import workload_key
from latency_service.contract.ops import OpSpec
from tests.integration.service.calls import assert_problem, body, lend
from tests.service_data import DEVICE, new_id, registration, success
from tests.simulated_ops import block, blocks, true_ms

LACKING = str(format_key(block(10, 20, 5, 3)))
QUERY = f"/v1/latency?device={DEVICE}&runtime=onnxruntime&op={LACKING}"


def profiled(client: TestClient, speed: float = 1.0, batch_size: int = 1, **more: int) -> dict[str, Any]:
    """Have the blocks profiled under conditions in which the device is as fast, and return the profile."""
    conditions = {"runtime": "onnxruntime", "batch_size": batch_size}
    profile = {"device": DEVICE, "conditions": conditions, "workloads": list(map(format_key, blocks())), **more}
    profile_id = client.post("/v1/profiles", json=profile).json()["profile_id"]
    while client.get(f"/v1/profiles/{profile_id}").json()["state"] == "running":
        lease = lend(client)
        results = []
        for job in lease.jobs:
            assert isinstance(job.workload, OpSpec)
            results.append({"result_id": new_id(), **body(success(job.job_id, speed * true_ms(job.workload)))})
        client.post(f"/v1/leases/{lease.token}/results", json={"results": results})
    status: dict[str, Any] = client.get(f"/v1/profiles/{profile_id}").json()
    return status


@pytest.fixture
def table_path(client: TestClient) -> str:
    """The path of a table of 54 measured blocks."""
    client.post("/v1/devices", json=body(registration()))
    return f"/v1/tables/{profiled(client)['table_id']}"


def test_a_lookup_is_predicted_only_where_it_may_be(client: TestClient, table_path: str) -> None:
    wanted = [LACKING, format_key(blocks()[0])]
    for refused in ({"ops": wanted}, {"ops": wanted, "allow_predicted": False}):
        assert_problem(client.post(f"{table_path}/lookup", json=refused), 404, "missing_entries")
    entries = client.post(f"{table_path}/lookup", json={"ops": wanted, "allow_predicted": True}).json()["entries"]
    assert [Entry.model_validate(entry).source for entry in entries] == ["predicted", "measured"]
    assert_problem(client.post(f"{table_path}/lookup", json={"ops": wanted}), 404, "missing_entries")


def test_a_latency_is_predicted_only_where_it_may_be(client: TestClient, table_path: str) -> None:
    assert_problem(client.get(QUERY), 404, "missing_entries")
    assert client.get(f"{QUERY}&allow_predicted=true").json()["entry"]["source"] == "predicted"
    assert_problem(client.get(QUERY), 404, "missing_entries")


def test_no_form_of_a_snapshot_holds_a_prediction(client: TestClient, table_path: str) -> None:
    client.get(f"{QUERY}&allow_predicted=true")
    for media_type in ("application/json", "text/csv"):
        snapshot = client.get(f"{table_path}/snapshots/latest", headers={"accept": media_type})
        assert LACKING not in snapshot.text
        assert "predicted" not in snapshot.text


def test_a_quick_profile_measures_a_few_ops_and_marks_the_others(client: TestClient, table_path: str) -> None:
    profiled(client, speed=3.0, batch_size=2)
    status = profiled(client, speed=0.5, batch_size=3, quick=4)
    assert (status["counts"]["succeeded"], status["predicted"]) == (4, 50)
    snapshot = client.get(f"/v1/snapshots/{status['snapshot_id']}").json()
    assert sum(entry["source"] == "predicted" for entry in snapshot["ops"]) == 50
    assert (snapshot["transfer"]["measured"], len(snapshot["transfer"]["tables"])) == (4, 2)
    key = next(entry["workload"] for entry in snapshot["ops"] if entry["source"] == "predicted")
    lookup = f"/v1/tables/{status['table_id']}/lookup"
    assert_problem(client.post(lookup, json={"ops": [key]}), 404, "missing_entries")
    answer = client.post(lookup, json={"ops": [key], "allow_predicted": True}).json()
    assert answer["entries"][0]["source"] == "predicted"
    query = f"/v1/latency?device={DEVICE}&runtime=onnxruntime&batch_size=3&op={key}"
    assert_problem(client.get(query), 404, "missing_entries")
    assert client.get(f"{query}&allow_predicted=true").json()["entry"] == answer["entries"][0]
    listed = {table["table_id"]: table["predicted"] for table in client.get("/v1/tables").json()["tables"]}
    assert listed[status["table_id"]] == 50
    assert listed[table_path.rpartition("/")[2]] == 0


@pytest.mark.usefixtures("table_path")
def test_a_quick_profile_without_tables_to_rest_on_is_refused(client: TestClient) -> None:
    conditions = {"runtime": "onnxruntime", "batch_size": 2}
    profile = {"device": DEVICE, "conditions": conditions, "workloads": [LACKING, format_key(blocks()[0])], "quick": 1}
    assert_problem(client.post("/v1/profiles", json=profile), 422, "invalid_input")
    assert_problem(client.post("/v1/profiles", json={**profile, "device": "nobody"}), 404, "device_not_found")


def test_advice_names_what_to_measure_next(client: TestClient, table_path: str) -> None:
    far = workload_key(block(56, 96, 7, 6))
    response = client.post(f"{table_path}/advice", json={"ops": [LACKING, far], "limit": 1})
    advice = Advice.model_validate_json(response.content)
    assert [each.workload for each in advice.ops] == [far]
    assert client.post("/v1/profiles", json=body(advice.profile_request)).status_code == 201


def test_advice_on_what_is_no_op_is_refused(client: TestClient, table_path: str) -> None:
    assert_problem(client.post(f"{table_path}/advice", json={"ops": ["v1-nonsense"]}), 422, "invalid_key")
    assert_problem(client.post(f"{table_path}/advice", json={"ops": []}), 422, "invalid_input")
    assert_problem(client.post("/v1/tables/nothing/advice", json={"ops": [LACKING]}), 404, "table_not_found")
