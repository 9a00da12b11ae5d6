import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs
from structlog.typing import EventDict

from latency_service.api.meters import Meters
from latency_service.api.telemetry import Telemetry
from latency_service.contract.messages import KeyId
from latency_service.services.principals import ANYBODY, Principal

ROUTE = "/v1/devices/{name}"


@pytest.fixture(autouse=True)
def _no_context_of_others() -> Iterator[None]:
    yield
    structlog.contextvars.clear_contextvars()


class Timer:
    """Each reading is later than the last by as much as the test says."""

    def __init__(self, elapsed_s: float) -> None:
        self._elapsed_s = elapsed_s
        self._now = 0.0

    def __call__(self) -> float:
        self._now += self._elapsed_s
        return self._now


async def unread() -> Message:
    raise AssertionError("nobody reads a body here")


async def unsent(_: Message) -> None:
    raise AssertionError("nobody answers here")


def answering(status: int, headers: tuple[tuple[bytes, bytes], ...] = (), route: str | None = ROUTE) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if route is not None:
            scope["route_template"] = route
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": b""})

    return app


def ask(
    app: ASGIApp,
    method: str = "GET",
    request_id: bytes | None = None,
    meters: Meters | None = None,
    elapsed_s: float = 0.01,
    principal: Principal | None = None,
) -> tuple[dict[bytes, bytes], list[EventDict]]:
    """Send one request through telemetry; return the answer's headers and what was logged."""
    sent: list[Message] = []
    headers = [] if request_id is None else [(b"x-request-id", request_id)]
    state = {"principal": principal} if principal else {}
    scope = {"type": "http", "method": method, "path": "/v1/devices/board", "headers": headers, "state": state}

    async def send(message: Message) -> None:
        sent.append(message)

    with capture_logs() as logs:
        layer = Telemetry(app, meters or Meters(), ((b"x-frame-options", b"DENY"),), Timer(elapsed_s))
        asyncio.run(layer(scope, unread, send))
    return dict(sent[0]["headers"]) if sent else {}, logs


def test_the_callers_id_comes_back() -> None:
    headers, _ = ask(answering(200), request_id=b"agent.7-x_Y")
    assert headers[b"x-request-id"] == b"agent.7-x_Y"


@pytest.mark.parametrize("request_id", [None, b"", b"a b", b"x" * 65, b"id\n", b'"}{', "ü".encode()])
def test_no_id_or_one_that_could_harm_a_log_is_replaced(request_id: bytes | None) -> None:
    headers, _ = ask(answering(200), request_id=request_id)
    assert re.fullmatch(rb"[0-9a-f]{12}-1", headers[b"x-request-id"])


def test_log_lines_within_a_request_name_it() -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.update(structlog.contextvars.get_contextvars(), state=scope["state"]["request_id"])

    ask(app, request_id=b"r-1")
    assert seen == {"request_id": "r-1", "state": "r-1"}


def test_headers_are_added_where_the_answer_has_none_of_its_own() -> None:
    assert ask(answering(200))[0][b"x-frame-options"] == b"DENY"
    assert ask(answering(200, ((b"X-Frame-Options", b"SAMEORIGIN"),)))[0].get(b"x-frame-options") is None


def test_a_304_repeats_nothing_that_the_stored_answer_said() -> None:
    headers, _ = ask(answering(304))
    assert set(headers) == {b"x-request-id"}


@pytest.mark.parametrize(
    ("method", "status", "elapsed_s", "route", "level"),
    [
        ("GET", 200, 0.01, ROUTE, "debug"),
        ("GET", 304, 0.01, ROUTE, "debug"),
        ("POST", 200, 0.01, "/v1/tables/{table_id}/lookup", "debug"),
        ("POST", 204, 0.01, "/v1/leases", "debug"),
        ("POST", 201, 0.01, ROUTE, "info"),
        ("GET", 404, 0.01, ROUTE, "info"),
        ("GET", 200, 1.01, ROUTE, "info"),
        ("GET", 503, 0.01, ROUTE, "error"),
    ],
)
def test_writes_errors_and_slow_requests_are_said_aloud(
    method: str, status: int, elapsed_s: float, route: str, level: str
) -> None:
    _, logs = ask(answering(status, route=route), method, elapsed_s=elapsed_s)
    (line,) = logs
    assert (line["log_level"], line["method"], line["status"]) == (level, method, status)
    assert (line["path"], line["elapsed_ms"]) == ("/v1/devices/board", elapsed_s * 1000)
    assert "key" not in line


def test_where_no_key_is_asked_for_none_is_logged() -> None:
    _, logs = ask(answering(201), "POST", principal=ANYBODY)
    assert "key" not in logs[0]


def test_the_id_of_the_key_is_logged() -> None:
    _, logs = ask(answering(201), "POST", principal=Principal(KeyId("0123456789ab"), "agent"))
    assert logs[0]["key"] == "0123456789ab"


def samples(meters: Meters, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for metric in meters.registry.collect()
        for sample in metric.samples
        if sample.name == name
    }


@pytest.mark.parametrize(
    ("app", "method", "labels"),
    [
        (answering(200), "GET", (ROUTE, "GET", "2xx")),
        (answering(404, route=None), "GET", ("none", "GET", "4xx")),
        (answering(405), "BREW", (ROUTE, "other", "4xx")),
    ],
)
def test_requests_are_counted_under_bounded_labels(app: ASGIApp, method: str, labels: tuple[str, ...]) -> None:
    meters = Meters()
    ask(app, method, meters=meters, elapsed_s=0.25)
    assert samples(meters, "latency_service_request_seconds_count") == {labels: 1}
    assert samples(meters, "latency_service_request_seconds_sum") == {labels: 0.25}


def test_an_app_that_fails_counts_as_an_error_and_is_in_flight_no_more() -> None:
    meters = Meters()
    in_flight: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        in_flight.append(meters.in_flight)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ask(app, meters=meters)
    assert in_flight == [1]
    assert samples(meters, "latency_service_requests_in_flight") == {(): 0}
    assert samples(meters, "latency_service_request_seconds_count") == {("none", "GET", "5xx"): 1}


def test_a_layer_that_fails_is_answered_for_with_a_problem() -> None:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/v1/devices", "headers": [(b"x-request-id", b"r-7")]}
    with pytest.raises(RuntimeError), capture_logs():
        asyncio.run(Telemetry(app, Meters(), (), Timer(1))(scope, unread, send))
    problem = json.loads(sent[1]["body"])
    assert (sent[0]["status"], problem["code"], problem["request_id"]) == (500, "internal_server_error", "r-7")


def test_what_is_no_request_passes_through() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    asyncio.run(Telemetry(app, Meters(), (), Timer(1))({"type": "lifespan"}, unread, unsent))
    assert seen == ["lifespan"]
