from pathlib import Path

import pytest

from latency_service.api.app import create_app
from latency_service.api.openapi import operations
from latency_service.api.permissions import ADMINS, PERMISSIONS, PUBLIC, least_of, scopes_for
from latency_service.settings import Settings


def test_every_route_has_its_scopes_and_every_scope_its_route(tmp_path: Path) -> None:
    app = create_app(Settings(database=f"sqlite:///{tmp_path / 'latency.db'}"))
    routes = {(method, path) for method, path, _ in operations(app.openapi())}
    assert routes | {("GET", "/openapi.json"), ("GET", "/docs")} == PERMISSIONS.keys()


@pytest.mark.parametrize("scope", ["reader", "requester", "agent", "admin"])
def test_an_admin_may_do_what_anybody_may(scope: str) -> None:
    allowed = {route for route, scopes in PERMISSIONS.items() if scope in scopes}
    assert allowed <= {route for route, scopes in PERMISSIONS.items() if "admin" in scopes}


def test_a_requester_may_do_all_that_a_reader_may() -> None:
    assert all("requester" in scopes for scopes in PERMISSIONS.values() if "reader" in scopes)


def test_only_whether_the_service_lives_and_how_to_speak_to_it_is_public() -> None:
    public = {path for (_, path), scopes in PERMISSIONS.items() if scopes == PUBLIC}
    assert public == {"/health/live", "/health/ready", "/openapi.json", "/docs"}


def test_a_path_finds_its_route() -> None:
    assert scopes_for("PUT", "/v1/leases/t/results/r") == {"agent", "admin"}
    assert scopes_for("POST", "/v1/tables/t/lookup") == {"reader", "requester", "admin"}


def test_head_is_as_get() -> None:
    assert scopes_for("HEAD", "/v1/tables") == scopes_for("GET", "/v1/tables")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/nothing"), ("DELETE", "/v1/tables"), ("GET", "//v1/tables"), ("GET", "/v1/tables/")],
)
def test_what_is_not_listed_is_for_admins(method: str, path: str) -> None:
    assert scopes_for(method, path) == ADMINS


def test_the_least_scope_that_would_do_is_named() -> None:
    assert least_of(scopes_for("GET", "/v1/tables")) == "reader"
    assert least_of(scopes_for("POST", "/v1/leases")) == "agent"
