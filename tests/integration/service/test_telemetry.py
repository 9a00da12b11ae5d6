"""What the service tells those who watch over it."""

from starlette.testclient import TestClient

from latency_service.api.app import create_app
from latency_service.settings import Settings
from tests.service_data import DEVICE, keys, new_id, registration, success


def test_a_problem_names_its_request(client: TestClient) -> None:
    answer = client.get("/v1/devices/nobody", headers={"X-Request-ID": "search-7"})
    assert answer.headers["x-request-id"] == "search-7"
    assert answer.json()["request_id"] == "search-7"


def test_an_unexpected_error_names_its_request_too(settings: Settings) -> None:
    app = create_app(settings)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError

    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/broken", headers={"X-Request-ID": "search-7"})
    assert answer.status_code == 500
    assert (answer.headers["x-request-id"], answer.json()["request_id"]) == ("search-7", "search-7")


def measure(client: TestClient) -> None:
    """Have one of three ops measured."""
    state = client.post("/v1/devices", json=registration().model_dump(mode="json")).json()["device_state"]
    client.post("/v1/profiles", json={"device": DEVICE, "conditions": {"runtime": "onnxruntime"}, "workloads": keys(3)})
    asked = {"device": DEVICE, "device_state": state, "runtimes": ["onnxruntime"], "max_jobs": 2}
    lease = client.post("/v1/leases", json=asked).json()
    result = success(lease["jobs"][0]["job_id"]).model_dump(mode="json")
    assert client.put(f"/v1/leases/{lease['token']}/results/{new_id()}", json=result).is_success


def test_the_metrics_tell_of_work_and_requests(client: TestClient) -> None:
    measure(client)
    metrics = client.get("/metrics").text.splitlines()
    assert 'latency_service_leases_total{event="granted"} 1.0' in metrics
    assert "latency_service_jobs_lent_total 2.0" in metrics
    assert 'latency_service_results_total{outcome="accepted",verdict="ok"} 1.0' in metrics
    assert 'latency_service_profiles_total{event="created"} 1.0' in metrics
    assert f'latency_service_queue_jobs{{device="{DEVICE}"}} 1.0' in metrics
    assert "latency_service_leases_live 1.0" in metrics
    assert "latency_service_requests_in_flight 1.0" in metrics
    count = "latency_service_request_seconds_count"
    assert f'{count}{{method="POST",route="/v1/leases",status="2xx"}} 1.0' in metrics
    put = "/v1/leases/{token}/results/{result_id}"
    assert f'{count}{{method="PUT",route="{put}",status="2xx"}} 1.0' in metrics
