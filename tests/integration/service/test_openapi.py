"""The document that the service gives of itself."""

import json
import math
import re
from pathlib import Path

import orjson
from starlette.testclient import TestClient

from latency_service.api import examples
from latency_service.api.openapi import operations
from latency_service.api.permissions import PERMISSIONS, PUBLIC
from latency_service.contract.keys import EXAMPLE_KEY
from tests.service_data import new_id

_CHECKED_IN = Path(__file__).parents[3] / "docs" / "openapi.json"
#: What the guard in front of all routes may answer.
GUARDS = {401, 403, 413, 429}


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


def test_what_the_guard_may_answer_is_documented_of_every_route(client: TestClient) -> None:
    for method, path, operation in operations(client.get("/openapi.json").json()):
        is_public = PERMISSIONS.get((method, path)) == PUBLIC
        expected = {429} | (set() if is_public else {401, 403}) | ({413} if "requestBody" in operation else set())
        assert set(map(int, operation["responses"])) & GUARDS == expected, (method, path)
        assert ("security" in operation) != is_public


def test_the_checked_in_document_is_that_of_this_service(client: TestClient) -> None:
    told = json.dumps(client.get("/openapi.json").json(), indent=2, ensure_ascii=False) + "\n"
    hint = "write it anew: `latency-service openapi > docs/openapi.json`, and look at the difference: clients see it"
    assert _CHECKED_IN.read_text() == told, hint


def test_the_documentation_page_needs_no_other_host_and_runs_nothing(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert all(path in page.text for _, path, _ in operations(client.get("/openapi.json").json()))
    assert "script" not in page.text
    assert not {"src=", "http:", "https:"} & set(re.findall(r"src=|https?:", page.text))


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
