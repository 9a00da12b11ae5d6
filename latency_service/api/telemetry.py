"""Telemetry, the outermost layer: a request gets an id, a measured duration and, where it matters, a line in the log.

A request to a warm table takes some fifty microseconds in all, so this layer is plain ASGI and does little.
"""

import itertools
import logging
import os
import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

from latency_service.api.meters import Meters
from latency_service.api.problems import unexpected_problem
from latency_service.services.principals import Principal

REQUEST_ID_HEADER = "X-Request-ID"
#: Where a layer that answers instead of the router says which route it was, for the metrics.
ROUTE_TEMPLATE = "route_template"

_HEADER = REQUEST_ID_HEADER.lower().encode()
_ACCEPTED_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SLOW_S = 1.0
#: Of answers, by the names of their headers, to which the same ones are added.
_MOST_NAMES = 1024
_READING = frozenset(("GET", "HEAD", "OPTIONS"))
#: Reads that need a body.
_READING_ROUTES = frozenset(("/v1/tables/{table_id}/lookup",))
_NO_CONTENT, _NOT_MODIFIED, _CLIENT_ERROR, _SERVER_ERROR = 204, 304, 400, 500

Headers = Sequence[tuple[bytes, bytes]]


class Telemetry:
    """Names, times, counts and logs requests.

    Args:
        app: What answers them.
        meters: Where they are counted.
        headers: Added to every answer that does not have them.
        timer: Seconds of a clock that only goes forwards.
    """

    def __init__(self, app: ASGIApp, meters: Meters, headers: Headers, timer: Callable[[], float]) -> None:
        self._app = app
        self._meters = meters
        self._lacking = lru_cache(_MOST_NAMES)(partial(_lacking, tuple(headers)))
        self._timer = timer
        self._prefix = os.urandom(6).hex()
        self._numbers = itertools.count(1)
        # Bound once: the lazy logger would look its configuration up at each request.
        self._log: FilteringBoundLogger = structlog.get_logger(__name__).bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status = 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._completed(status, message.get("headers", ()), request_id)
            await send(message)

        self._meters.in_flight += 1
        began = self._timer()
        try:
            await self._app(scope, receive, send_named)
        except Exception:
            if not status:
                await unexpected_problem(scope)(scope, receive, send_named)
            raise
        finally:
            self._meters.in_flight -= 1
            self._record(scope, status or _SERVER_ERROR, self._timer() - began)

    def _request_id(self, scope: Scope) -> str:
        """Return the caller's id for the request, where it sent a harmless one, else a new one."""
        for name, value in scope["headers"]:
            if name == _HEADER and _ACCEPTED_ID.fullmatch(value):
                return str(value, "ascii")
        return f"{self._prefix}-{next(self._numbers):x}"

    def _completed(self, status: int, headers: Headers, request_id: str) -> list[tuple[bytes, bytes]]:
        # A 304 carries nothing that a browser could run: it is the stored answer's headers that count.
        added = () if status == _NOT_MODIFIED else self._lacking(tuple([name for name, _ in headers]))
        return [*headers, *added, (_HEADER, request_id.encode())]

    def _record(self, scope: Scope, status: int, elapsed_s: float) -> None:
        method, route = scope["method"], _route(scope)
        self._meters.request(route, method, status, elapsed_s)
        reads = method in _READING or route in _READING_ROUTES
        level = _level(reads, status, elapsed_s)
        if not self._log.is_enabled_for(level):
            return
        self._log.log(
            level,
            "request",
            method=method,
            path=scope["path"],
            status=int(status),  # problems carry an HTTPStatus, which a console would show by its name
            elapsed_ms=round(elapsed_s * 1000, 3),
            client=(scope.get("client") or (None,))[0],
            **_caller(scope),
        )


def _lacking(wanted: Headers, present: Sequence[bytes]) -> Headers:
    lower = {name.lower() for name in present}
    return [header for header in wanted if header[0] not in lower]


def _route(scope: Scope) -> str | None:
    """Return the template of the route that answered, which bounds the metrics' labels; None where there was none."""
    template = scope.get(ROUTE_TEMPLATE)
    return template if template is not None else getattr(scope.get("route"), "path", None)


def _level(reads: bool, status: int, elapsed_s: float) -> int:
    """Say how loud a request is.

    Reads that are answered, and polls that are lent nothing, change nothing: a search reads its table thousands of
    times and an idle fleet polls all day, so that a line each would bury the rest.
    """
    if status >= _SERVER_ERROR:
        return logging.ERROR
    if status >= _CLIENT_ERROR or elapsed_s > _SLOW_S:
        return logging.INFO
    return logging.DEBUG if reads or status == _NO_CONTENT else logging.INFO


def _caller(scope: Scope) -> dict[str, Any]:
    """Return the id of the API key that the request came with, never the key."""
    principal: Principal | None = scope["state"].get("principal")
    return {"key": principal.key_id} if principal and principal.key_id else {}
