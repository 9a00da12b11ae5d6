"""The document that the service gives of itself."""

import math

import orjson
from starlette.testclient import TestClient

from latency_service.api import examples
from latency_service.contract.keys import EXAMPLE_KEY
from tests.service_data import new_id

ROUTES = [
    ("post", "/v1/devices", {200, 409, 422, 503}),
    ("get", "/v1/devices", {200, 422, 503}),
    ("get", "/v1/devices/{name}", {200, 404, 422, 503}),
    ("post", "/v1/profiles", {201, 404, 422, 503}),
    ("get", "/v1/profiles/{profile_id}", {200, 404, 422, 503}),
    ("post", "/v1/leases", {200, 204, 404, 409, 422, 503}),
    ("put", "/v1/leases/{token}", {200, 410, 422, 503}),
    ("put", "/v1/leases/{token}/results/{result_id}", {200, 410, 422, 503}),
    ("delete", "/v1/leases/{token}", {204, 410, 422, 503}),
    ("get", "/v1/tables", {200, 422, 503}),
    ("get", "/v1/tables/{table_id}/snapshots/latest", {200, 304, 404, 422, 503}),
    ("post", "/v1/tables/{table_id}/lookup", {200, 404, 422, 503}),
    ("get", "/v1/latency", {200, 404, 422, 503}),
    ("get", "/v1/snapshots/{snapshot_id}", {200, 304, 404, 422, 503}),
    ("get", "/v1/measurements", {200, 404, 422, 503}),
    ("get", "/health/live", {200}),
    ("get", "/health/ready", {200, 422, 503}),
]


def test_every_route_documents_its_answers(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    documented = {
        (method, path, frozenset(map(int, operation["responses"])))
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert documented == {(method, path, frozenset(statuses)) for method, path, statuses in ROUTES}


def test_the_openapi_document_refers_only_to_what_it_holds(client: TestClient) -> None:
    text = client.get("/openapi.json").text
    schemas = orjson.loads(text)["components"]["schemas"]
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert {"Problem", "Snapshot", "Entry"} <= named
    assert named <= schemas.keys()


def test_problems_are_documented_as_problem_json_with_an_example_a_code(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    content = paths["/v1/profiles"]["post"]["responses"]["422"]["content"]
    assert list(content) == ["application/problem+json"]
    assert {"invalid_key", "impossible_network", "invalid_input"} == content["application/problem+json"][
        "examples"
    ].keys()


def test_the_documentation_page_is_there(client: TestClient) -> None:
    assert client.get("/docs").status_code == 200


def test_the_examples_can_be_sent_as_they_are(client: TestClient) -> None:
    state = client.post("/v1/devices", json=examples.REGISTRATION).json()["device_state"]
    assert EXAMPLE_KEY in client.post("/v1/profiles", json=examples.PROFILE_REQUEST).json()["queued"]
    wanted = examples.LEASE_REQUEST | {"device_state": state}
    lease = client.post("/v1/leases", json=wanted).json()
    result = examples.JOB_RESULT | {"job_id": lease["jobs"][0]["job_id"]}
    path = f"/v1/leases/{lease['token']}/results/{new_id()}"
    assert client.put(path, json=result).json() == {"status": "accepted"}
    table_id = client.get("/v1/tables").json()["tables"][0]["table_id"]
    answer = client.post(f"/v1/tables/{table_id}/lookup", json=examples.LOOKUP_REQUEST).json()
    assert math.isclose(answer["entries"][0]["latency_ms"], 0.8)
