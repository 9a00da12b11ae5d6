"""Problems: every error that leaves the service is an RFC 9457 document with a stable code."""

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from latency_service.contract.errors import (
    Conflict,
    Forbidden,
    Gone,
    InvalidInput,
    LatencyError,
    NotAcceptable,
    NotFound,
    Problem,
    ServiceUnavailable,
    TooLarge,
    TooManyRequests,
    Unauthorized,
)

MEDIA_TYPE = "application/problem+json"

_STATUSES: dict[type[LatencyError], HTTPStatus] = {
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    Conflict: HTTPStatus.CONFLICT,
    Gone: HTTPStatus.GONE,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    ServiceUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
#: A PostgreSQL that starts again, or whose standby takes over, is back in about that time.
_RETRY_AFTER_S = 5
_log = structlog.get_logger(__name__)


def add_problem_handlers(app: FastAPI) -> None:
    """Let the app answer every error with a problem document."""
    app.add_exception_handler(LatencyError, _on_latency_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    for error in (OperationalError, InterfaceError, TimeoutError):
        app.add_exception_handler(error, _on_database_error)
    app.add_exception_handler(Exception, _on_unexpected_error)


def documented(*errors: type[LatencyError]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a route that may raise these, invalid requests and a busy database included."""
    by_status: dict[int | str, list[type[LatencyError]]] = {}
    for error in (*errors, InvalidInput, ServiceUnavailable):
        by_status.setdefault(int(_status(error)), []).append(error)
    return {status: _response(raised) for status, raised in by_status.items()}


def _response(errors: list[type[LatencyError]]) -> dict[str, Any]:
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {error.code: {"value": _example(error)} for error in errors},
    }
    lines = [f"`{error.code}`: {(error.__doc__ or '').strip()}" for error in errors]
    return {"description": "\n\n".join(lines), "content": {MEDIA_TYPE: content}}


def _example(error: type[LatencyError]) -> dict[str, Any]:
    status = _status(error)
    detail = (error.__doc__ or "").strip()
    return Problem(title=status.phrase, status=status, detail=detail, code=error.code).model_dump(exclude_none=True)


def _status(error: type[LatencyError]) -> HTTPStatus:
    for category in error.__mro__:
        if category in _STATUSES:
            return _STATUSES[category]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem_response(scope: Scope, error: LatencyError) -> JSONResponse:
    """Return the answer to a request that an error stands for, an ASGI app itself; layers without FastAPI use it."""
    return _answer(scope, _status(type(error)), str(error), error.code, error.extra)


def problem_of(error: LatencyError) -> Problem:
    """Return the problem document of an error that is a part of an answer."""
    status = _status(type(error))
    return Problem(title=status.phrase, status=status, detail=str(error), code=error.code)


def unexpected_problem(scope: Scope) -> JSONResponse:
    """Return the answer to a request at which the service failed; the server that runs it gets the error, too."""
    detail = "the service failed unexpectedly; its log says why"
    return _answer(scope, HTTPStatus.INTERNAL_SERVER_ERROR, detail, "internal_server_error")


def _answer(
    scope: Scope, status: HTTPStatus, detail: str, code: str, extra: Mapping[str, Any] = MappingProxyType({})
) -> JSONResponse:
    problem = Problem.model_validate(
        {
            "title": status.phrase,
            "status": status,
            "detail": detail,
            "code": code,
            "instance": scope["path"],
            "request_id": scope.get("state", {}).get("request_id"),
            **extra,
        }
    )
    retry_after_s = extra.get("retry_after_s", _RETRY_AFTER_S if status == HTTPStatus.SERVICE_UNAVAILABLE else None)
    headers = {} if retry_after_s is None else {"Retry-After": str(math.ceil(retry_after_s))}
    return JSONResponse(problem.model_dump(mode="json"), status, headers, media_type=MEDIA_TYPE)


async def _on_latency_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LatencyError)
    return problem_response(request.scope, error)


async def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"location": _location(item["loc"]), "message": item["msg"].removeprefix("Value error, ")}
        for item in error.errors()
    ]
    detail = "; ".join(f"{item['location']}: {item['message']}" for item in errors[:3])
    if errors[0]["location"] == "body" and "json" not in request.headers.get("content-type", "").lower():
        detail = f"send the body as JSON, with the header Content-Type: application/json; {detail}"
    return _answer(request.scope, HTTPStatus.UNPROCESSABLE_ENTITY, detail, InvalidInput.code, {"errors": errors})


def _location(parts: Sequence[int | str]) -> str:
    """Return where the error is, without the names that pydantic gives to the members of a union."""
    return ".".join(str(part) for part in parts if "[" not in str(part))


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    response = _answer(
        request.scope, status, f"{request.method} {request.url.path}: {error.detail}", status.name.lower()
    )
    response.headers.update(error.headers or {})
    return response


async def _on_database_error(request: Request, error: Exception) -> JSONResponse:
    _log.error("the database failed", error=str(error).splitlines()[0])
    detail = "the database is busy or cannot be used; try again later"
    return _answer(request.scope, HTTPStatus.SERVICE_UNAVAILABLE, detail, ServiceUnavailable.code)


async def _on_unexpected_error(request: Request, _: Exception) -> JSONResponse:
    return unexpected_problem(request.scope)
