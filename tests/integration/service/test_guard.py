"""Who may ask what: keys, scopes, and how soon a change of them holds."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from latency_service.api.key_ring import TRUSTED_S
from latency_service.api.permissions import PERMISSIONS, PUBLIC
from latency_service.contract.messages import Scope
from latency_service.settings import Settings
from tests.integration.service.calls import assert_problem
from tests.integration.service.guarded import Guarded, ManualTimer, bearer, guarded

SCOPES: tuple[Scope, ...] = ("reader", "requester", "agent", "admin")


@pytest.fixture
def timer() -> ManualTimer:
    return ManualTimer()


@pytest.fixture
def service(database_url: str, timer: ManualTimer) -> Iterator[Guarded]:
    with guarded(Settings(database=database_url, keys="required"), timer) as service:
        yield service


def test_without_a_key_all_but_the_public_is_refused_and_the_answer_says_how(service: Guarded) -> None:
    for (method, path), scopes in PERMISSIONS.items():
        response = service.client.request(method, path)
        if scopes == PUBLIC:
            assert response.status_code == 200, path
        else:
            problem = assert_problem(response, 401, "unauthorized")
            assert "Authorization: Bearer" in problem["detail"]
            assert response.headers["www-authenticate"].startswith("Bearer")


def test_every_scope_may_do_what_its_table_says_and_nothing_else(service: Guarded) -> None:
    for scope in SCOPES:
        headers = service.headers(scope)
        for (method, path), scopes in PERMISSIONS.items():
            refused = service.client.request(method, path, headers=headers).status_code in (401, 403)
            assert refused == bool(scopes and scope not in scopes), (scope, method, path)


def test_a_refusal_names_the_scope_that_would_do(service: Guarded) -> None:
    response = service.client.post("/v1/profiles", headers=service.headers("reader"))
    assert (
        "takes a key of scope requester; this key's is reader" in assert_problem(response, 403, "forbidden")["detail"]
    )


def test_what_is_no_route_is_told_to_admins_alone(service: Guarded) -> None:
    assert_problem(service.client.get("/v1/nothing", headers=service.headers("reader")), 403, "forbidden")
    assert_problem(service.client.get("/v1/nothing", headers=service.headers("admin")), 404, "not_found")
    assert_problem(service.client.delete("/v1/tables", headers=service.headers("admin")), 405, "method_not_allowed")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic {key}", "{key}", "Bearer {key}0", "Bearer x {key}"])
def test_a_header_that_is_no_key_is_refused(service: Guarded, header: str) -> None:
    key = service.create_key("admin").key.get_secret_value()
    response = service.client.get("/v1/tables", headers={"Authorization": header.format(key=key)})
    problem = assert_problem(response, 401, "unauthorized")
    assert key not in str(problem)


def test_a_revoked_key_is_refused_within_five_seconds_by_every_replica(service: Guarded, timer: ManualTimer) -> None:
    created = service.create_key("reader")
    assert service.client.get("/v1/tables", headers=bearer(created)).status_code == 200
    service.revoke(created)
    timer.now += TRUSTED_S
    assert TRUSTED_S <= 5
    assert_problem(service.client.get("/v1/tables", headers=bearer(created)), 401, "unauthorized")


def test_a_known_key_needs_no_database(service: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = service.headers("reader")
    service.client.get("/v1/tables", headers=headers)

    def fail(*_: object) -> Any:
        raise AssertionError("the database was asked for a key that is known")

    monkeypatch.setattr("latency_service.services.access.recognise", fail)
    assert service.client.get("/v1/tables", headers=headers).status_code == 200


def test_the_last_use_is_noted_once_a_minute(service: Guarded, timer: ManualTimer) -> None:
    admin, reader = service.headers("admin"), service.create_key("reader")

    def last_used() -> str | None:
        keys = service.client.get("/v1/keys", headers=admin).json()["keys"]
        used: str | None = next(key["last_used_at"] for key in keys if key["key_id"] == reader.key_id)
        return used

    assert last_used() is None
    service.client.get("/v1/tables", headers=bearer(reader))
    first = last_used()
    assert first is not None
    for seconds, is_noted in ((30, False), (30, True)):
        service.clock.advance(seconds)
        timer.now += seconds
        service.client.get("/v1/tables", headers=bearer(reader))
        assert (last_used() != first) == is_noted


def test_keys_are_made_listed_and_revoked_over_http(service: Guarded, timer: ManualTimer) -> None:
    admin = service.headers("admin")
    wanted = {"name": "lab", "scope": "agent", "devices": ["board-*"]}
    created = service.client.post("/v1/keys", json=wanted, headers=admin)
    assert created.status_code == 201
    key, key_id = created.json()["key"], created.json()["key_id"]
    own = {"Authorization": f"Bearer {key}"}
    assert service.client.get("/v1/devices", headers=own).status_code == 200
    listed = service.client.get("/v1/keys", headers=admin)
    assert "lab" in [each["name"] for each in listed.json()["keys"]]
    assert key not in listed.text
    assert service.client.delete(f"/v1/keys/{key_id}", headers=admin).status_code == 204
    timer.now += TRUSTED_S
    assert service.client.get("/v1/devices", headers=own).status_code == 401
    assert_problem(service.client.delete("/v1/keys/nothing", headers=admin), 404, "api_key_not_found")


def test_devices_are_for_agents_keys_alone(service: Guarded) -> None:
    wanted = {"name": "lab", "scope": "reader", "devices": ["board-*"]}
    response = service.client.post("/v1/keys", json=wanted, headers=service.headers("admin"))
    assert_problem(response, 422, "invalid_input")


def test_a_database_that_is_away_lets_nobody_in(service: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = service.headers("admin")

    def fail(*_: object, **__: object) -> Any:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr("latency_service.services.access.recognise", fail)
    response = service.client.get("/v1/tables", headers=headers)
    assert_problem(response, 503, "service_unavailable")
    assert response.headers["retry-after"]


def test_loopback_is_open_until_there_is_a_key(database_url: str, timer: ManualTimer) -> None:
    with guarded(Settings(database=database_url), timer) as service:
        assert service.client.get("/v1/tables").status_code == 200
        headers = service.headers("reader")
        timer.now += TRUSTED_S
        assert_problem(service.client.get("/v1/tables"), 401, "unauthorized")
        assert service.client.get("/v1/tables", headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "service"])
def test_an_open_service_answers_to_names_of_this_machine(client: TestClient, host: str) -> None:
    assert client.get("/v1/tables", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example.org", "evil.example.org:8000", "192.168.1.7:8000", "[fe80::1]"])
def test_an_open_service_answers_no_web_page_that_took_its_address(client: TestClient, host: str) -> None:
    assert_problem(client.get("/v1/tables", headers={"Host": host}), 403, "forbidden")


def test_with_a_key_any_name_will_do(service: Guarded) -> None:
    headers = service.headers("reader") | {"Host": "latency.example.org"}
    assert service.client.get("/v1/tables", headers=headers).status_code == 200
