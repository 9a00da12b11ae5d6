"""Problems: every error that leaves the service is an RFC 9457 document with a stable code."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from latency_service.contract.errors import (
    Conflict,
    Forbidden,
    Gone,
    InvalidInput,
    LatencyError,
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
    Conflict: HTTPStatus.CONFLICT,
    Gone: HTTPStatus.GONE,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    ServiceUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
_log = structlog.get_logger(__name__)


def add_problem_handlers(app: FastAPI) -> None:
    """Let the app answer every error with a problem document."""
    app.add_exception_handler(LatencyError, _on_latency_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(OperationalError, _on_database_error)
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


def _answer(
    request: Request, status: HTTPStatus, detail: str, code: str, extra: Mapping[str, Any] | None = None
) -> JSONResponse:
    problem = Problem(
        title=status.phrase, status=status, detail=detail, code=code, instance=request.url.path, **(extra or {})
    )
    return JSONResponse(problem.model_dump(mode="json"), status, media_type=MEDIA_TYPE)


async def _on_latency_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LatencyError)
    return _answer(request, _status(type(error)), str(error), error.code, error.extra)


async def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"location": _location(item["loc"]), "message": item["msg"].removeprefix("Value error, ")}
        for item in error.errors()
    ]
    detail = "; ".join(f"{item['location']}: {item['message']}" for item in errors[:3])
    if errors[0]["location"] == "body" and "json" not in request.headers.get("content-type", "").lower():
        detail = f"send the body as JSON, with the header Content-Type: application/json; {detail}"
    return _answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, InvalidInput.code, {"errors": errors})


def _location(parts: Sequence[int | str]) -> str:
    """Return where the error is, without the names that pydantic gives to the members of a union."""
    return ".".join(str(part) for part in parts if "[" not in str(part))


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    response = _answer(request, status, f"{request.method} {request.url.path}: {error.detail}", status.name.lower())
    response.headers.update(error.headers or {})
    return response


async def _on_database_error(request: Request, error: Exception) -> JSONResponse:
    _log.error("the database failed", path=request.url.path, error=str(error).splitlines()[0])
    detail = "the database is busy or cannot be used; try again later"
    return _answer(request, HTTPStatus.SERVICE_UNAVAILABLE, detail, ServiceUnavailable.code)


async def _on_unexpected_error(request: Request, _: Exception) -> JSONResponse:
    # The server that runs the app gets the error too, and logs it.
    detail = "the service failed unexpectedly; its log says why"
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail, "internal_server_error")
