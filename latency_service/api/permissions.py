"""Permissions: which scopes a key needs for which route. What is not listed here is for admins alone."""

import re
from functools import lru_cache
from typing import NamedTuple

from starlette.routing import compile_path

from latency_service.contract.messages import Scope

Scopes = frozenset[Scope]

ADMINS: Scopes = frozenset({"admin"})
AGENTS: Scopes = frozenset({"agent", "admin"})
REQUESTERS: Scopes = frozenset({"requester", "admin"})
READERS: Scopes = frozenset({"reader", "requester", "admin"})
#: Agents, too, may look at devices.
ALL: Scopes = frozenset({"reader", "requester", "agent", "admin"})
#: No key is needed: whether the service lives, and how to speak to it, is no secret.
PUBLIC: Scopes = frozenset()

PERMISSIONS: dict[tuple[str, str], Scopes] = {
    ("GET", "/health/live"): PUBLIC,
    ("GET", "/health/ready"): PUBLIC,
    ("GET", "/openapi.json"): PUBLIC,
    ("GET", "/docs"): PUBLIC,
    ("GET", "/metrics"): READERS,
    ("POST", "/v1/devices"): AGENTS,
    ("GET", "/v1/devices"): ALL,
    ("GET", "/v1/devices/{name}"): ALL,
    ("GET", "/v1/devices/{name}/history"): READERS,
    ("DELETE", "/v1/devices/{name}/registration"): AGENTS,
    ("POST", "/v1/leases"): AGENTS,
    ("PUT", "/v1/leases/{token}"): AGENTS,
    ("DELETE", "/v1/leases/{token}"): AGENTS,
    ("POST", "/v1/leases/{token}/results"): AGENTS,
    ("PUT", "/v1/leases/{token}/results/{result_id}"): AGENTS,
    ("POST", "/v1/profiles"): REQUESTERS,
    ("GET", "/v1/profiles"): READERS,
    ("GET", "/v1/profiles/{profile_id}"): READERS,
    ("DELETE", "/v1/profiles/{profile_id}"): REQUESTERS,
    ("GET", "/v1/tables"): READERS,
    ("GET", "/v1/tables/{table_id}/snapshots"): READERS,
    ("GET", "/v1/tables/{table_id}/snapshots/latest"): READERS,
    ("POST", "/v1/tables/{table_id}/lookup"): READERS,
    ("POST", "/v1/tables/{table_id}/advice"): READERS,
    ("GET", "/v1/latency"): READERS,
    ("GET", "/v1/snapshots/{snapshot_id}"): READERS,
    ("GET", "/v1/snapshots/{snapshot_id}/diff/{other_id}"): READERS,
    ("GET", "/v1/networks/{key}"): READERS,
    ("GET", "/v1/measurements"): READERS,
    ("POST", "/v1/keys"): ADMINS,
    ("GET", "/v1/keys"): ADMINS,
    ("DELETE", "/v1/keys/{key_id}"): ADMINS,
}

#: Of paths with their scopes; a path is short where it gets here.
_MOST_REMEMBERED = 4096
_LEAST_FIRST: tuple[Scope, ...] = ("reader", "requester", "agent", "admin")


class _Route(NamedTuple):
    method: str
    path: re.Pattern[str]
    scopes: Scopes


_ROUTES = tuple(_Route(method, compile_path(path)[0], scopes) for (method, path), scopes in PERMISSIONS.items())


@lru_cache(_MOST_REMEMBERED)
def scopes_for(method: str, path: str) -> Scopes:
    """Return which scopes may send a request; PUBLIC where it needs no key at all."""
    wanted = "GET" if method == "HEAD" else method
    found = (route.scopes for route in _ROUTES if route.method == wanted and route.path.fullmatch(path))
    return next(found, ADMINS)


def least_of(scopes: Scopes) -> Scope:
    """Return the scope of the weakest key that would do."""
    return next(scope for scope in _LEAST_FIRST if scope in scopes)
