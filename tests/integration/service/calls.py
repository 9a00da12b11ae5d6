"""What the tests of the service send it, again and again."""

from typing import Any

from starlette.testclient import TestClient

from latency_service.contract.messages import DeviceRegistered, Lease, ProfileCreated, ProfileStatus
from tests.service_data import DEVICE, keys, new_id, registration, success

PROFILE = {"device": DEVICE, "conditions": {"runtime": "onnxruntime"}, "workloads": keys(2)}


def body(message: Any) -> dict[str, Any]:
    members: dict[str, Any] = message.model_dump(mode="json")
    return members


def lend(client: TestClient) -> Lease:
    registered = client.post("/v1/devices", json=body(registration())).content
    state = DeviceRegistered.model_validate_json(registered).device_state
    wanted = {"device": DEVICE, "device_state": state, "runtimes": ["onnxruntime"]}
    return Lease.model_validate_json(client.post("/v1/leases", json=wanted).content)


def measured(client: TestClient) -> ProfileStatus:
    """Walk the whole path once: register, profile, lease, results, done."""
    client.post("/v1/devices", json=body(registration()))
    profile = ProfileCreated.model_validate_json(client.post("/v1/profiles", json=PROFILE).content)
    lease = lend(client)
    for job in lease.jobs:
        path = f"/v1/leases/{lease.token}/results/{new_id()}"
        assert client.put(path, json=body(success(job.job_id))).json() == {"status": "accepted"}
    return ProfileStatus.model_validate_json(client.get(f"/v1/profiles/{profile.profile_id}").content)


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"]
    return problem
