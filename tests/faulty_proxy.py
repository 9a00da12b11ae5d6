"""FaultyProxy: stands between agents and the real service on loopback, and treats their calls as bad networks do."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from tests.loopback import QuietHandler, handling

CallKind = Literal["register", "lease", "renew", "result", "release"]

#: Of `lost_answer`, `late_answer` and `half_body` the service has carried out the call; of other faults it never hears.
Fault = Literal[
    "none", "error_500", "too_many", "garbage", "too_old", "lost_request", "lost_answer", "late_answer", "half_body"
]
Plan = Callable[[CallKind], Fault]

RETRY_AFTER_S = 1
_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Call:
    """One call of an agent, and the fault that it met; `at_s` is of the monotonic clock."""

    kind: CallKind
    fault: Fault
    at_s: float


@dataclass(frozen=True)
class _Answer:
    """What an agent gets; where the body is shorter than announced, the connection breaks after it."""

    status: int
    body: bytes
    media_type: str
    announced_bytes: int

    @classmethod
    def whole(cls, status: int, body: bytes, media_type: str) -> "_Answer":
        return cls(status, body, media_type, announced_bytes=len(body))


_TOO_OLD = {"title": "Conflict", "status": 409, "detail": "upgrade the agent", "code": "agent_too_old"}
_FORGED: dict[Fault, _Answer | None] = {
    "error_500": _Answer.whole(500, b"Internal Server Error", "text/plain"),
    "too_many": _Answer.whole(429, b"", "text/plain"),
    "garbage": _Answer.whole(200, b"<html>Please log in to this network.</html>", "text/html"),
    "too_old": _Answer.whole(409, json.dumps(_TOO_OLD).encode(), "application/problem+json"),
    "lost_request": None,
}


class FaultyProxy:
    """Forwards every call to the service at `target`, unless its plan names a fault for it.

    Attributes:
        url: Where it listens.
        plan: Asked for each call, by one thread at a time.
        calls: All calls so far.
        late_s: How long a late answer is held back.
    """

    def __init__(self, target: str) -> None:
        self.url = ""
        self.plan: Plan = lambda kind: "none"
        self.calls: list[Call] = []
        self.late_s = 0.5
        self._address = urlsplit(target).netloc
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def count(self, kind: CallKind, fault: Fault | None = None) -> int:
        """Return how many calls of a kind there were so far, or how many of them met a fault."""
        return sum(call.kind == kind and fault in (None, call.fault) for call in tuple(self.calls))

    def close(self) -> None:
        """Let late answers go."""
        self._closing.set()

    def treat(self, method: str, path: str, body: bytes) -> _Answer | None:
        """Return what the agent gets; None: nothing, the connection breaks."""
        kind = call_kind(method, path)
        with self._lock:
            fault = self.plan(kind)
            self.calls.append(Call(kind, fault, time.monotonic()))
        if fault in _FORGED:
            return _FORGED[fault]
        answer = self._forwarded(method, path, body)
        if fault == "late_answer":
            self._closing.wait(self.late_s)
        if fault == "lost_answer" or answer is None:
            return None
        return replace(answer, body=answer.body[: len(answer.body) // 2]) if fault == "half_body" else answer

    def _forwarded(self, method: str, path: str, body: bytes) -> _Answer | None:
        connection = http.client.HTTPConnection(self._address, timeout=_TIMEOUT_S)
        try:
            connection.request(method, path, body, {"content-type": "application/json"})
            response = connection.getresponse()
            return _Answer.whole(response.status, response.read(), response.getheader("content-type", ""))
        except (OSError, http.client.HTTPException):  # the service is away, and so then is the proxy
            return None
        finally:
            connection.close()


def call_kind(method: str, path: str) -> CallKind:
    """Return which of an agent's calls this is."""
    if path == "/v1/devices":
        return "register"
    if path == "/v1/leases":
        return "lease"
    if "/results" in path:  # of one result, or of several at once
        return "result"
    return "release" if method == "DELETE" else "renew"


def at_first(faults: dict[CallKind, Fault], times: int = 1) -> Plan:
    """Return a plan that gives the first calls of each kind a fault, and then no more."""
    left = dict.fromkeys(faults, times)

    def plan(kind: CallKind) -> Fault:
        if left.get(kind, 0) == 0:
            return "none"
        left[kind] -= 1
        return faults[kind]

    return plan


@contextmanager
def proxied(target: str) -> Iterator[FaultyProxy]:
    """Serve on loopback; `proxy.url` says where."""
    proxy = FaultyProxy(target)

    class Handler(QuietHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            answer = proxy.treat(self.command, self.path, body)
            self.close_connection = answer is None or len(answer.body) < answer.announced_bytes
            if answer is not None:
                with suppress(ConnectionError):  # the agent was killed meanwhile
                    self._send(answer)

        def _send(self, answer: _Answer) -> None:
            self.send_response(answer.status)
            if answer.status == http.client.TOO_MANY_REQUESTS:
                self.send_header("retry-after", str(RETRY_AFTER_S))
            if answer.status != http.client.NO_CONTENT:
                self.send_header("content-type", answer.media_type)
                self.send_header("content-length", str(answer.announced_bytes))
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_PUT = do_DELETE = _handle

    try:
        with handling(Handler) as proxy.url:
            yield proxy
    finally:
        proxy.close()
