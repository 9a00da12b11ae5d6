"""Differences, histories and networks, over HTTP."""

import pytest
from starlette.testclient import TestClient

from latency_service.contract.messages import History, NetworkReport, ProfileStatus, SnapshotDiff
from latency_service.contract.network import NetworkSpec, workload_key
from tests.integration.service.calls import PROFILE, assert_problem, body, lend, measured
from tests.service_data import CONDITIONS, DEVICE, keys, new_id, op, success


@pytest.fixture
def status(client: TestClient) -> ProfileStatus:
    return measured(client)


def test_two_snapshots_are_compared(client: TestClient, status: ProfileStatus) -> None:
    path = f"/v1/snapshots/{status.snapshot_id}/diff/{status.snapshot_id}"
    assert SnapshotDiff.model_validate_json(client.get(path).content).unmoved == 2
    assert_problem(client.get(f"/v1/snapshots/{status.snapshot_id}/diff/nothing"), 404, "snapshot_not_found")


def test_the_history_of_an_op_needs_no_more_than_device_runtime_and_op(
    client: TestClient, status: ProfileStatus
) -> None:
    path, query = f"/v1/devices/{DEVICE}/history", {"runtime": CONDITIONS.runtime, "op": keys(1)[0]}
    told = History.model_validate_json(client.get(path, params=query).content)
    assert [(point.median_ms, point.table_id) for point in told.points] == [(1.0, status.table_id)]
    assert_problem(client.get("/v1/devices/nobody/history", params=query), 404, "device_not_found")
    assert_problem(client.get(path, params=query | {"op": "v1-nonsense"}), 422, "invalid_key")
    assert_problem(client.get(path, params=query | {"threads": "0"}), 422, "invalid_input")


def test_a_network_is_shown_with_its_ops_and_latencies(client: TestClient, status: ProfileStatus) -> None:
    network = NetworkSpec(ops=(op(1), op(1)))
    client.post("/v1/profiles", json=PROFILE | {"workloads": [body(network)]})
    lease = lend(client)
    client.put(f"/v1/leases/{lease.token}/results/{new_id()}", json=body(success(lease.jobs[0].job_id, 4.0)))
    told = NetworkReport.model_validate_json(client.get(f"/v1/networks/{workload_key(network)}").content)
    assert told.network == network
    assert [(latency.device, latency.entry.latency_ms) for latency in told.latencies] == [(DEVICE, 4.0)]
    assert_problem(client.get(f"/v1/networks/{keys(1)[0]}"), 404, "workload_not_found")
