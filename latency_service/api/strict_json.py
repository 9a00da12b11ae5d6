"""Strict JSON: bodies with NaN, infinity, NUL or broken Unicode are refused where they come in."""

import json
import re
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute

#: The character NUL as JSON writes it, and not a backslash with `u0000` behind it; PostgreSQL's texts cannot hold it.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class _StrictRequest(Request):
    async def json(self) -> Any:
        body = await self.body()
        if b"\\u0000" in body and (found := _NUL.search(body)):
            raise json.JSONDecodeError("no text may hold the character NUL", "", found.start())
        return orjson.loads(body)


class StrictRoute(APIRoute):
    """A route whose bodies are parsed by orjson; Python's parser takes NaN and lone surrogates, no database does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Hand the handler a request that parses strictly."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await handler(_StrictRequest(request.scope, request.receive))

        return handle
