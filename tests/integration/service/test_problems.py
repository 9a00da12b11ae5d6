"""What goes wrong is answered as a problem document with a stable code."""

from pathlib import Path

import orjson
import pytest
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from starlette.testclient import TestClient

from latency_service.api.app import create_app
from latency_service.contract.errors import ServiceUnavailable
from latency_service.settings import Settings
from tests.integration.service.calls import PROFILE, assert_problem, body
from tests.service_data import DEVICE, registration


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/devices/nobody", 404, "device_not_found"),
        ("GET", "/v1/profiles/nothing", 404, "profile_not_found"),
        ("GET", "/v1/snapshots/nothing", 404, "snapshot_not_found"),
        ("GET", "/v1/tables/nothing/snapshots/latest", 404, "table_not_found"),
        ("PUT", "/v1/leases/nothing", 410, "lease_expired"),
        ("DELETE", "/v1/leases/nothing", 410, "lease_expired"),
        ("GET", "/v1/nothing", 404, "not_found"),
        ("DELETE", "/v1/tables", 405, "method_not_allowed"),
        ("GET", "/v1/tables?thread=1", 422, "invalid_input"),
        ("GET", "/v1/tables?threads=9223372036854775808", 422, "invalid_input"),
        ("GET", "/v1/tables?batch_size=9223372036854775808", 422, "invalid_input"),
        ("GET", "/v1/measurements?limit=1001", 422, "invalid_input"),
        ("PUT", "/v1/leases/nothing/results/no-uuid", 422, "invalid_input"),
    ],
)
def test_errors_are_problem_documents(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    problem = assert_problem(client.request(method, path), status, code)
    assert problem["instance"] == path.split("?")[0]


def test_an_unregistered_state_is_a_conflict(client: TestClient) -> None:
    client.post("/v1/devices", json=body(registration()))
    wanted = {"device": DEVICE, "device_state": "0" * 16, "runtimes": ["onnxruntime"]}
    assert_problem(client.post("/v1/leases", json=wanted), 409, "device_state_unknown")


def test_more_threads_than_a_database_can_count_are_refused(client: TestClient) -> None:
    client.post("/v1/devices", json=body(registration()))
    wanted = {"device": DEVICE, "device_state": "0" * 16, "runtimes": ["onnxruntime"], "max_threads": 2**63}
    assert_problem(client.post("/v1/leases", json=wanted), 422, "invalid_input")


def test_an_agent_that_is_too_old_is_a_conflict(client: TestClient) -> None:
    response = client.post("/v1/devices", json=body(registration()) | {"protocol_version": 0})
    assert_problem(response, 409, "agent_too_old")


@pytest.mark.parametrize(
    ("workload", "code"),
    [
        ("v2-x", "invalid_key"),
        ({"ops": []}, "impossible_network"),
        ({"input_height": 8, "input_width": 8, "in_channels": 4}, "invalid_input"),
        (7, "invalid_input"),
    ],
)
def test_a_workload_that_is_none_is_refused(client: TestClient, workload: object, code: str) -> None:
    client.post("/v1/devices", json=body(registration()))
    assert_problem(client.post("/v1/profiles", json=PROFILE | {"workloads": [workload]}), 422, code)


def test_an_error_names_its_place_in_the_request_and_nothing_of_the_program(client: TestClient) -> None:
    problem = assert_problem(client.post("/v1/profiles", json=PROFILE | {"workloads": [7]}), 422, "invalid_input")
    assert problem["detail"].startswith("body.workloads.0: an op travels as its text key")
    assert {error["location"] for error in problem["errors"]} <= {"body.workloads.0", "body.workloads"}


def test_json_without_its_header_is_refused_with_the_header_to_send(client: TestClient) -> None:
    response = client.post("/v1/devices", content="{}", headers={"content-type": "application/x-www-form-urlencoded"})
    assert "Content-Type: application/json" in assert_problem(response, 422, "invalid_input")["detail"]


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud800"}', "{"])
def test_json_that_no_database_could_hold_is_refused(client: TestClient, text: str) -> None:
    response = client.post("/v1/devices", content=text, headers={"content-type": "application/json"})
    assert_problem(response, 422, "invalid_input")


def test_a_defect_is_answered_without_telling_its_inside(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("latency_service.services.registration.list_devices", fail)
    problem = assert_problem(client.get("/v1/devices"), 500, "internal_server_error")
    assert "secret" not in orjson.dumps(problem).decode()


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("SELECT", {}, Exception("the server closed the connection")),
        InterfaceError("SELECT", {}, Exception("the connection is closed")),
        TimeoutError("QueuePool limit reached"),
        ServiceUnavailable("busy"),
    ],
)
def test_whoever_finds_the_database_away_is_told_when_to_come_back(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("latency_service.services.registration.list_devices", fail)
    answer = client.get("/v1/devices")
    assert_problem(answer, 503, "service_unavailable")
    assert answer.headers["retry-after"] == "5"


def test_health_tells_whether_the_database_is_at_the_newest_revision(tmp_path: Path) -> None:
    empty = Settings(database=f"sqlite:///{tmp_path / 'empty.db'}")
    with TestClient(create_app(empty), raise_server_exceptions=False) as client:
        assert client.get("/health/live").status_code == 200
        problem = assert_problem(client.get("/health/ready"), 503, "service_unavailable")
        assert "latency-service migrate" in problem["detail"]
        assert_problem(client.get("/v1/devices"), 503, "service_unavailable")


def test_a_ready_service_says_so(client: TestClient) -> None:
    assert client.get("/health/ready").json() == {"status": "ok"}
