"""/v1/devices."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, status
from sqlalchemy.orm import Session

from latency_service.api.context import FromContext
from latency_service.api.examples import REGISTRATION
from latency_service.api.principal import FromPrincipal
from latency_service.api.problems import documented
from latency_service.api.queries import GoodbyeQuery, HistoryQuery
from latency_service.api.strict_json import StrictRoute
from latency_service.contract.errors import AgentTooOld, Conflict, DeviceNotFound, Forbidden, InvalidKey
from latency_service.contract.messages import Device, DeviceList, DeviceRegistered, DeviceRegistration, History
from latency_service.services import deregistration, history, ownership, registration

router = APIRouter(prefix="/v1/devices", tags=["devices"], route_class=StrictRoute)


@router.post("", responses=documented(AgentTooOld, Conflict, Forbidden))
def register(
    message: Annotated[DeviceRegistration, Body(examples=[REGISTRATION])],
    context: FromContext,
    principal: FromPrincipal,
) -> DeviceRegistered:
    """Register or update a device; the answer holds its id and the intervals to keep."""
    principal.check_name(message.name)
    settings, now = context.settings, context.now
    return context.database.write(
        lambda session: registration.register(session, message, settings, now, principal.owner_id)
    )


@router.get("", responses=documented())
def list_devices(context: FromContext) -> DeviceList:
    """List all devices, by name."""
    return context.database.read(registration.list_devices)


@router.get("/{name}", responses=documented(DeviceNotFound))
def get_device(name: str, context: FromContext) -> Device:
    """Show one device, with the facts of its present state."""
    return context.database.read(lambda session: registration.get_device(session, name))


@router.get("/{name}/history", responses=documented(DeviceNotFound, InvalidKey))
def get_history(name: str, query: Annotated[HistoryQuery, Query()], context: FromContext) -> History:
    """Show how a workload's latency went over time, the newest measurement first, through all states of the device."""
    return context.database.read(
        lambda session: history.history(session, name, query.conditions, query.op, query.before, query.limit)
    )


@router.delete(
    "/{name}/registration",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=documented(DeviceNotFound, Forbidden),
)
def deregister(
    name: str, query: Annotated[GoodbyeQuery, Query()], context: FromContext, principal: FromPrincipal
) -> None:
    """Say goodbye: the device is lent nothing until it registers again, and its leases are handed back.

    An agent that says who it is (`agent_id`) hands back its own leases only, should another one bear the same name.
    """
    settings, now = context.settings, context.now

    def say_goodbye(session: Session) -> None:
        ownership.check_device(session, principal, name)
        deregistration.deregister(session, name, settings, now, query.agent_id)

    context.database.write(say_goodbye)
