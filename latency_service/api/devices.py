"""/v1/devices."""

from typing import Annotated

from fastapi import APIRouter, Body

from latency_service.api.context import FromContext
from latency_service.api.examples import REGISTRATION
from latency_service.api.problems import documented
from latency_service.api.strict_json import StrictRoute
from latency_service.contract.errors import AgentTooOld, Conflict, DeviceNotFound
from latency_service.contract.messages import Device, DeviceList, DeviceRegistered, DeviceRegistration
from latency_service.services import registration

router = APIRouter(prefix="/v1/devices", tags=["devices"], route_class=StrictRoute)


@router.post("", responses=documented(AgentTooOld, Conflict))
def register(
    message: Annotated[DeviceRegistration, Body(examples=[REGISTRATION])], context: FromContext
) -> DeviceRegistered:
    """Register or update a device; the answer holds its id and the intervals to keep."""
    with context.database.writing() as session:
        return registration.register(session, message, context.settings, context.now)


@router.get("", responses=documented())
def list_devices(context: FromContext) -> DeviceList:
    """List all devices, by name."""
    with context.database.reading() as session:
        return registration.list_devices(session)


@router.get("/{name}", responses=documented(DeviceNotFound))
def get_device(name: str, context: FromContext) -> Device:
    """Show one device, with the facts of its present state."""
    with context.database.reading() as session:
        return registration.get_device(session, name)
