"""Guard: who may ask what, how often, and how much of it. Plain ASGI: a request to a warm table pays for every step.

Where no keys are asked for, anybody on this machine may do anything - but not a web page in somebody's browser: the
browser would have to take this machine for the page's own host (DNS rebinding), and then names that host.
"""

from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from latency_service.api.bodies import bounded, has_body
from latency_service.api.key_ring import KeyRing
from latency_service.api.permissions import ADMINS, PUBLIC, Scopes, least_of, scopes_for
from latency_service.api.problems import problem_response
from latency_service.api.rate_limit import RateLimiter
from latency_service.contract.errors import (
    Forbidden,
    InvalidInput,
    LatencyError,
    TooLarge,
    TooManyRequests,
    Unauthorized,
)
from latency_service.contract.loopback import is_loopback, is_plain_name
from latency_service.services.principals import Principal

#: Longer ones belong to no route.
LONGEST_PATH, LONGEST_QUERY = 1024, 8192
_CHALLENGE = 'Bearer realm="latency-service"'
_MOST_HOSTS = 256


class Guard:
    """Lets a request through to the app, or answers why not.

    Args:
        app: What answers those that may pass; it finds the principal in the scope's state.
        keys: Who asks.
        limiter: How often they may.
        max_body_bytes: How large a body may be.
    """

    def __init__(self, app: ASGIApp, keys: KeyRing, limiter: RateLimiter, max_body_bytes: int) -> None:
        self._app = app
        self._keys = keys
        self._limiter = limiter
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        try:
            authorization = headers.get(b"authorization")
            self._count(scope, self._keys.remembered(authorization))
            _check_url(scope)
            scopes = scopes_for(scope["method"], scope["path"])
            if scopes != PUBLIC:
                principal = self._keys.trusted(authorization) or await self._keys.principal(authorization)
                _admit(scope, scopes, principal, headers)
            if has_body(headers):
                receive = await bounded(headers, receive, self._max_body_bytes)
        except LatencyError as error:
            await _refuse(scope, error, receive, send)
            return
        await self._app(scope, receive, send)
        if self._keys.has_unnoted_uses:  # the answer is on its way already
            await self._keys.note_uses()

    def _count(self, scope: Scope, principal: Principal | None) -> None:
        client = scope.get("client")
        caller = principal.key_id if principal is not None else client and client[0]
        wait_s = self._limiter.take(caller or "")
        if wait_s > 0:
            raise TooManyRequests(f"you ask too often; ask again in {wait_s:.3g} s", retry_after_s=wait_s)


def _admit(scope: Scope, scopes: Scopes, principal: Principal, headers: dict[bytes, bytes]) -> None:
    state = scope.setdefault("state", {})
    state["principal"], state["key_id"] = principal, principal.key_id
    if principal.scope not in scopes:
        raise Forbidden(_not_yours(scope, principal))
    if principal.key_id is None:
        _check_host(headers.get(b"host", b""))


async def _refuse(scope: Scope, error: LatencyError, receive: Receive, send: Send) -> None:
    response = problem_response(scope, error)
    if isinstance(error, Unauthorized):
        response.headers["WWW-Authenticate"] = _CHALLENGE
    if isinstance(error, TooLarge):
        response.headers["Connection"] = "close"  # nobody will read the rest of it
    await response(scope, receive, send)


def _check_url(scope: Scope) -> None:
    path, query = scope["path"], scope["query_string"]
    if len(path) > LONGEST_PATH or len(query) > LONGEST_QUERY:
        raise InvalidInput(
            f"the URL is too long: its path may have {LONGEST_PATH} characters, and what is behind it {LONGEST_QUERY}"
        )
    if "\0" in path or b"%00" in query:
        raise InvalidInput("the URL holds the character NUL, which no name has")


def _not_yours(scope: Scope, principal: Principal) -> str:
    asked, scopes = f"{scope['method']} {scope['path']}", scopes_for(scope["method"], scope["path"])
    if scopes == ADMINS:
        return f"{asked} is for admins, or nothing at all; this key's scope is {principal.scope}"
    return f"{asked} takes a key of scope {least_of(scopes)}; this key's is {principal.scope}"


def _check_host(host: bytes) -> None:
    if not _is_local_name(host):
        raise Forbidden(
            "this service asks for no API keys, so it answers only to loopback addresses and to names without a dot; "
            "create keys (`latency-service keys create`) if it is to be reached by this name"
        )


@lru_cache(_MOST_HOSTS)
def _is_local_name(host: bytes) -> bool:
    name = host.decode("latin-1")
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    return is_plain_name(name) or is_loopback(name)
