"""How much may be asked, how often, and from where."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from latency_service.api.guard import LONGEST_PATH, LONGEST_QUERY
from latency_service.contract.keys import LONGEST_KEY
from latency_service.settings import Settings
from tests.integration.service.calls import PROFILE, assert_problem, body
from tests.integration.service.guarded import ManualTimer, guarded
from tests.service_data import DEVICE, registration

JSON = {"Content-Type": "application/json"}


def with_settings(settings: Settings, **changed: object) -> Settings:
    return settings.model_copy(update=changed)


@pytest.fixture
def timer() -> ManualTimer:
    return ManualTimer()


@pytest.fixture
def small(settings: Settings, timer: ManualTimer) -> Iterator[TestClient]:
    with guarded(with_settings(settings, max_body_bytes=2048), timer) as service:
        yield service.client


def test_a_body_that_says_it_is_too_large_is_not_read(small: TestClient) -> None:
    response = small.post("/v1/devices", content=b" " * 2049, headers=JSON)
    assert "2,048 bytes" in assert_problem(response, 413, "too_large")["detail"]
    assert response.headers["connection"] == "close"


def test_a_body_that_does_not_say_how_large_it_is_is_counted(small: TestClient) -> None:
    response = small.post("/v1/devices", content=(b" " * 512 for _ in range(5)), headers=JSON)
    assert_problem(response, 413, "too_large")


def test_a_body_in_chunks_that_is_small_enough_is_taken(small: TestClient) -> None:
    message = registration().model_dump_json().encode()
    response = small.post("/v1/devices", content=iter([message[:100], message[100:]]), headers=JSON)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 40, ""])
def test_a_length_that_is_no_number_is_refused(small: TestClient, length: str) -> None:
    response = small.post("/v1/devices", content=b"{}", headers=JSON | {"Content-Length": length})
    assert_problem(response, 422, "invalid_input")


def test_whoever_asks_too_often_is_told_when_to_ask_again(settings: Settings, timer: ManualTimer) -> None:
    with guarded(with_settings(settings, requests_per_s=0.1, burst=2), timer) as service:
        assert [service.client.get("/v1/tables").status_code for _ in range(2)] == [200, 200]
        response = service.client.get("/v1/tables")
        assert_problem(response, 429, "too_many_requests")
        assert response.headers["retry-after"] == "10"
        timer.now += 10
        assert service.client.get("/v1/tables").status_code == 200


def test_a_key_is_counted_by_itself_whatever_its_address(settings: Settings, timer: ManualTimer) -> None:
    limits = with_settings(settings, requests_per_s=0.1, burst=3, keys="required")
    with guarded(limits, timer) as service:
        first, second = service.headers("reader"), service.headers("reader")
        statuses = [service.client.get("/v1/tables", headers=first).status_code for _ in range(5)]
        assert statuses == [200] * 4 + [429], "the first request, whose key nobody knew, was the address's"
        assert service.client.get("/v1/tables", headers=second).status_code == 200


def test_guessing_keys_is_limited_too(settings: Settings, timer: ManualTimer) -> None:
    limits = with_settings(settings, requests_per_s=1, burst=5, keys="required")
    with guarded(limits, timer) as service:
        guesses = [{"Authorization": f"Bearer plk_{number:012x}_{'0' * 64}"} for number in range(6)]
        statuses = [service.client.get("/v1/tables", headers=guess).status_code for guess in guesses]
    assert statuses == [401] * 5 + [429]


@pytest.mark.parametrize(
    "url", ["/v1/devices/" + "x" * LONGEST_PATH, "/v1/tables?device=" + "x" * LONGEST_QUERY], ids=["path", "query"]
)
def test_a_url_that_is_longer_than_any_route_is_refused(client: TestClient, url: str) -> None:
    assert "too long" in assert_problem(client.get(url), 422, "invalid_input")["detail"]


@pytest.mark.parametrize("url", ["/v1/devices/a%00b", "/v1/measurements?table=a%00b"])
def test_nul_in_a_url_is_refused(client: TestClient, url: str) -> None:
    assert "NUL" in assert_problem(client.get(url), 422, "invalid_input")["detail"]


def test_nul_in_a_body_is_refused_and_text_that_speaks_of_it_is_not(client: TestClient) -> None:
    told = body(registration())
    told["state"]["facts"]["note"] = "a literal \\u0000, as a traceback prints it"
    assert client.post("/v1/devices", json=told).status_code == 200
    told["state"]["facts"]["note"] = "\0"
    assert_problem(client.post("/v1/devices", json=told), 422, "invalid_input")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v1/profiles", PROFILE | {"workloads": ["v1-identity-" + "1" * LONGEST_KEY]}),
        ("/v1/profiles", PROFILE | {"workloads": ["v1-identity-8x8x4"] * 20_001}),
        ("/v1/tables/t/lookup", {"ops": ["x" * (LONGEST_KEY + 1)]}),
        ("/v1/tables/t/lookup", {"ops": ["x"] * 20_001}),
        ("/v1/leases", {"device": DEVICE, "device_state": "0" * 65, "runtimes": ["fake"]}),
        ("/v1/leases", {"device": DEVICE, "device_state": "0", "runtimes": ["fake"] * 1001}),
        ("/v1/devices", body(registration()) | {"agent_version": "1" * 65}),
        ("/v1/devices", body(registration()) | {"state": {"facts": {f"fact {n}": n for n in range(1001)}}}),
        ("/v1/devices", body(registration()) | {"state": {"facts": {"note": "x" * 8001}}}),
        ("/v1/devices", body(registration()) | {"state": {"facts": {"x" * 201: 1}}}),
    ],
)
def test_no_text_list_or_table_of_a_message_is_without_end(client: TestClient, path: str, message: object) -> None:
    response = client.post(path, json=message)
    assert_problem(response, 422, response.json()["code"])
    assert len(response.content) < 10_000


def test_no_page_of_another_origin_may_read_unless_it_is_named(settings: Settings, timer: ManualTimer) -> None:
    origin = {"Origin": "https://dashboard.example.org"}
    preflight = origin | {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    with guarded(settings, timer) as service:
        assert "access-control-allow-origin" not in service.client.get("/v1/tables", headers=origin).headers
        assert service.client.options("/v1/tables", headers=preflight).status_code == 405
    opened = with_settings(settings, cors_origins=("https://dashboard.example.org",), keys="required")
    with guarded(opened, timer) as service:
        asked = service.client.options("/v1/tables", headers=preflight)
        assert asked.headers["access-control-allow-origin"] == origin["Origin"]
        answer = service.client.get("/v1/tables", headers=origin | service.headers("reader"))
        assert answer.headers["access-control-allow-origin"] == origin["Origin"]
        assert "access-control-allow-credentials" not in answer.headers
        elsewhere = service.client.get("/v1/tables", headers={"Origin": "https://evil.example.org"})
        assert "access-control-allow-origin" not in elsewhere.headers


def test_every_answer_tells_browsers_to_run_nothing_of_it(settings: Settings, timer: ManualTimer) -> None:
    with guarded(with_settings(settings, keys="required"), timer) as service:
        answers = [
            service.client.get("/docs"),
            service.client.get("/v1/tables"),
            service.client.get("/v1/tables", headers=service.headers("reader")),
            service.client.get("/v1/nothing", headers=service.headers("admin")),
        ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
