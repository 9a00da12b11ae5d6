"""/v1/profiles."""

from typing import Annotated

from fastapi import APIRouter, Body, status

from latency_service.api.context import FromContext
from latency_service.api.examples import PROFILE_REQUEST
from latency_service.api.problems import documented
from latency_service.api.strict_json import StrictRoute
from latency_service.contract.errors import DeviceNotFound, ImpossibleNetwork, InvalidKey, ProfileNotFound
from latency_service.contract.messages import ProfileCreated, ProfileRequest, ProfileStatus
from latency_service.services import profiling, progress

router = APIRouter(prefix="/v1/profiles", tags=["profiles"], route_class=StrictRoute)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=documented(DeviceNotFound, InvalidKey, ImpossibleNetwork),
)
def create_profile(
    message: Annotated[ProfileRequest, Body(examples=[PROFILE_REQUEST])], context: FromContext
) -> ProfileCreated:
    """Ask for workloads to be measured; the answer says which are measured already and which are queued."""
    with context.database.writing() as session:
        return profiling.create_profile(session, message, context.now)


@router.get("/{profile_id}", responses=documented(ProfileNotFound))
def get_profile(profile_id: str, context: FromContext) -> ProfileStatus:
    """Show how far a profile is: jobs by state, progress, failures with reasons, and the snapshot when it is done."""
    with context.database.writing() as session:
        return progress.profile_status(session, profile_id, context.settings, context.now)
