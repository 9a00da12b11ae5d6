"""The principal of a request, as the guard has found it."""

from typing import Annotated

from fastapi import Depends, Request

from latency_service.services.principals import Principal


async def _principal(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


FromPrincipal = Annotated[Principal, Depends(_principal)]
