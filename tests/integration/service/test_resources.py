"""The service over HTTP: paths, status codes, headers."""

from starlette.testclient import TestClient

from latency_service.contract.messages import Snapshot
from tests.integration.service.calls import PROFILE, assert_problem, body, lend, measured
from tests.service_data import CONDITIONS, DEVICE, ManualClock, keys, new_id, registration, success


def test_the_whole_path_ends_with_a_snapshot_of_the_table(client: TestClient) -> None:
    status = measured(client)
    assert status.state == "done"
    snapshot = Snapshot.model_validate_json(client.get(f"/v1/snapshots/{status.snapshot_id}").content)
    assert [entry.workload for entry in snapshot.ops] == keys(2)
    assert snapshot.conditions == CONDITIONS


def test_creating_a_profile_answers_201(client: TestClient) -> None:
    client.post("/v1/devices", json=body(registration()))
    assert client.post("/v1/profiles", json=PROFILE).status_code == 201


def test_an_idle_agent_gets_204(client: TestClient) -> None:
    client.post("/v1/devices", json=body(registration()))
    wanted = {"device": DEVICE, "device_state": registration().state.fingerprint, "runtimes": ["onnxruntime"]}
    response = client.post("/v1/leases", json=wanted)
    assert (response.status_code, response.content) == (204, b"")


def test_a_lease_can_be_renewed_and_released(client: TestClient) -> None:
    client.post("/v1/devices", json=body(registration()))
    client.post("/v1/profiles", json=PROFILE)
    lease = lend(client)
    assert client.put(f"/v1/leases/{lease.token}").json()["cancelled"] == []
    assert client.delete(f"/v1/leases/{lease.token}").status_code == 204
    assert_problem(client.put(f"/v1/leases/{lease.token}"), 410, "lease_expired")


def test_a_late_result_is_answered_410_and_kept(client: TestClient, clock: ManualClock) -> None:
    client.post("/v1/devices", json=body(registration()))
    client.post("/v1/profiles", json=PROFILE)
    lease = lend(client)
    clock.advance(91)
    path = f"/v1/leases/{lease.token}/results/{new_id()}"
    response = client.put(path, json=body(success(lease.jobs[0].job_id)))
    problem = assert_problem(response, 410, "lease_expired")
    assert "kept" in problem["detail"]
    (row,) = client.get("/v1/measurements").json()["measurements"]
    assert row["leased"] is False


def test_a_result_sent_twice_is_a_duplicate_and_another_body_a_mismatch(client: TestClient) -> None:
    client.post("/v1/devices", json=body(registration()))
    client.post("/v1/profiles", json=PROFILE)
    lease = lend(client)
    path, job_id = f"/v1/leases/{lease.token}/results/{new_id()}", lease.jobs[0].job_id
    client.put(path, json=body(success(job_id, 1.0)))
    assert client.put(path, json=body(success(job_id, 1.0))).json() == {"status": "duplicate"}
    assert_problem(client.put(path, json=body(success(job_id, 2.0))), 422, "result_mismatch")


def test_the_latest_snapshot_is_not_sent_again_to_who_has_it(client: TestClient) -> None:
    status = measured(client)
    path = f"/v1/tables/{status.table_id}/snapshots/latest"
    client.headers["Accept-Encoding"] = "identity"
    first = client.get(path)
    assert first.headers["etag"] == f'"{status.snapshot_id}"'
    second = client.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["etag"] == first.headers["etag"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_snapshot_may_be_cached_for_ever(client: TestClient) -> None:
    status = measured(client)
    response = client.get(f"/v1/snapshots/{status.snapshot_id}", headers={"Accept-Encoding": "identity"})
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["etag"] == f'"{status.snapshot_id}"'


def test_a_lookup_answers_all_or_one_problem_that_can_be_posted_back(client: TestClient) -> None:
    status = measured(client)
    path = f"/v1/tables/{status.table_id}/lookup"
    assert len(client.post(path, json={"ops": keys(2)}).json()["entries"]) == 2
    problem = assert_problem(client.post(path, json={"ops": keys(4)}), 404, "missing_entries")
    assert problem["missing"] == keys(4)[2:]
    assert client.post("/v1/profiles", json=problem["profile_request"]).json()["queued"] == keys(4)[2:]


def test_one_latency_needs_no_more_than_device_runtime_and_op(client: TestClient) -> None:
    measured(client)
    query = {"device": DEVICE, "runtime": "onnxruntime", "op": keys(1)[0]}
    assert client.get("/v1/latency", params=query).json()["entry"]["latency_ms"] == 1.0
    assert_problem(client.get("/v1/latency", params=query | {"threads": "2"}), 404, "missing_entries")


def test_tables_and_measurements_can_be_listed(client: TestClient) -> None:
    status = measured(client)
    (table,) = client.get("/v1/tables", params={"device": DEVICE, "runtime": "onnxruntime"}).json()["tables"]
    assert table["table_id"] == status.table_id
    query = {"table": table["table_id"], "limit": "1", "samples": "true"}
    page = client.get("/v1/measurements", params=query).json()
    assert len(page["measurements"][0]["measurement"]["samples_ms"]) == 7
    assert page["next_after"] == page["measurements"][0]["sequence"]
