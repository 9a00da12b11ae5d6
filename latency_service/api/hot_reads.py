"""HotReads: the reads that a search repeats, answered from memory before any framework sees them.

This layer knows no errors, and validates nothing but what it can answer: a request that it does not understand, a key
that is not in memory, a table that must be looked at again - all of that goes on to the routes, which answer the very
same bytes. Only so can one core answer about half as many requests as a bare ASGI app.
"""

from functools import lru_cache
from urllib.parse import parse_qsl

import orjson
from starlette import status
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from latency_service.api.hot_snapshots import HotSnapshots
from latency_service.api.queries import LatencyQuery
from latency_service.api.snapshot_forms import Sent, SnapshotForms
from latency_service.api.telemetry import ROUTE_TEMPLATE
from latency_service.contract.messages import TableId
from latency_service.repositories.conditions import conditions_id
from latency_service.services import lookup
from latency_service.services.warm_tables import Address, WarmTables

_LATENCY_PATH = "/v1/latency"
_TABLES_PREFIX, _LOOKUP_SUFFIX = "/v1/tables/", "/lookup"
_LOOKUP_TEMPLATE = "/v1/tables/{table_id}/lookup"
_JSON = (b"content-type", b"application/json")
#: Of queries, whose parsed forms are remembered; a longer one is no sensible question.
_MOST_QUERIES, _LONGEST_QUERY = 32_768, 512
_MOST_KEYS = 20_000


class HotReads:
    """An ASGI layer above the app.

    Args:
        app: Answers whatever cannot be answered from memory.
        tables: What is in memory of tables.
        forms: And of snapshots.
    """

    def __init__(self, app: ASGIApp, tables: WarmTables, forms: SnapshotForms) -> None:
        self._app = app
        self._tables = tables
        self._snapshots = HotSnapshots(tables, forms)
        self._question = lru_cache(_MOST_QUERIES)(_question)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            path, method = scope["path"], scope["method"]
            if method == "GET":
                sent = self._latency(scope) if path == _LATENCY_PATH else self._snapshots.answer(scope)
                if sent is not None:
                    return await _answer(send, sent)
            elif method == "POST" and path.endswith(_LOOKUP_SUFFIX) and path.startswith(_TABLES_PREFIX):
                return await self._look_up(scope, receive, send)
        return await self._app(scope, receive, send)

    def _latency(self, scope: Scope) -> Sent | None:
        query = scope["query_string"]
        question = self._question(query) if len(query) <= _LONGEST_QUERY else None
        body = lookup.latency_in_memory(self._tables, *question) if question else None
        if body is None:
            return None
        scope[ROUTE_TEMPLATE] = _LATENCY_PATH
        return _as_json(body)

    async def _look_up(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _JSON not in scope["headers"]:
            return await self._app(scope, receive, send)
        messages = await _whole_body(receive)
        keys = _keys(b"".join(message.get("body", b"") for message in messages))
        table_id = TableId(scope["path"][len(_TABLES_PREFIX) : -len(_LOOKUP_SUFFIX)])
        body = lookup.look_up_in_memory(self._tables, table_id, keys) if keys else None
        if body is not None:
            scope[ROUTE_TEMPLATE] = _LOOKUP_TEMPLATE
            return await _answer(send, _as_json(body))
        return await self._app(scope, _replay(messages, receive), send)


async def _answer(send: Send, sent: Sent) -> None:
    await send({"type": "http.response.start", "status": sent.status, "headers": sent.headers})
    await send({"type": "http.response.body", "body": sent.body})


def _as_json(body: bytes) -> Sent:
    return Sent(status.HTTP_200_OK, [(b"content-length", str(len(body)).encode()), _JSON], body)


def _question(query: bytes) -> tuple[Address, str] | None:
    """Return what a query string asks for, or None where only the route can say what is wrong with it."""
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, strict_parsing=True)
        if len({name for name, _ in pairs}) < len(pairs):
            return None
        parsed = LatencyQuery.model_validate(dict(pairs))
    except ValueError:  # a ValidationError is one
        return None
    return (parsed.device, conditions_id(parsed.conditions)), parsed.op


def _keys(body: bytes) -> list[str] | None:
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    keys = message.get("ops") if isinstance(message, dict) and len(message) == 1 else None
    return keys if isinstance(keys, list) and 0 < len(keys) <= _MOST_KEYS else None


async def _whole_body(receive: Receive) -> list[Message]:
    messages = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())
    return messages


def _replay(messages: list[Message], receive: Receive) -> Receive:
    left = iter(messages)

    async def replayed() -> Message:
        message = next(left, None)
        return message if message is not None else await receive()

    return replayed
