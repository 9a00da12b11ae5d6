"""OpenAPI: what the document says beyond what the routes themselves know - keys, limits, and answers made of bytes."""

from collections.abc import Iterator
from typing import Any

from latency_service.api.permissions import ADMINS, PERMISSIONS, PUBLIC
from latency_service.api.problems import documented
from latency_service.contract.errors import Forbidden, LatencyError, Problem, TooLarge, TooManyRequests, Unauthorized
from latency_service.contract.messages import Snapshot

_REF_TEMPLATE = "#/components/schemas/{model}"
_SCHEME = "key"
_SECURITY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": (
        "An API key, `plk_ID_SECRET`, as `latency-service keys create` printed it. "
        "A service on loopback asks for keys only once it has one."
    ),
}


def complete(document: dict[str, Any]) -> None:
    """Add to an OpenAPI document what no route knows of itself."""
    components = document["components"]
    components["securitySchemes"] = {_SCHEME: _SECURITY_SCHEME}
    for model in (Problem, Snapshot):
        schema = model.model_json_schema(ref_template=_REF_TEMPLATE, mode="serialization")
        components["schemas"] |= schema.pop("$defs", {}) | {model.__name__: schema}
    for method, path, operation in operations(document):
        _guarded(operation, PERMISSIONS.get((method, path), ADMINS) != PUBLIC)
        operation["x-scopes"] = sorted(PERMISSIONS.get((method, path), ADMINS))


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the method, the path and the description of each operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _guarded(operation: dict[str, Any], needs_key: bool) -> None:
    """Add the answers that the guard may give instead of the route."""
    errors: list[type[LatencyError]] = [TooManyRequests]
    if needs_key:
        errors += [Unauthorized, Forbidden]
        operation["security"] = [{_SCHEME: []}]
    if "requestBody" in operation:
        errors.append(TooLarge)
    answers = {str(status): answer for status, answer in documented(*errors).items()}
    operation["responses"] = dict(sorted((answers | operation["responses"]).items()))
