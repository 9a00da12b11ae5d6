"""/v1/profiles."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, status

from latency_service.api.context import FromContext
from latency_service.api.examples import PROFILE_REQUEST
from latency_service.api.problems import documented
from latency_service.api.queries import ProfileQuery
from latency_service.api.strict_json import StrictRoute
from latency_service.contract.errors import (
    Conflict,
    DeviceNotFound,
    ImpossibleNetwork,
    InvalidInput,
    InvalidKey,
    ProfileNotFound,
)
from latency_service.contract.messages import ProfileCreated, ProfileList, ProfileRequest, ProfileStatus
from latency_service.services import cancellation, profiling, progress
from latency_service.services.following import follow
from latency_service.services.quick_plans import make_plan

router = APIRouter(prefix="/v1/profiles", tags=["profiles"], route_class=StrictRoute)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=documented(DeviceNotFound, Conflict, InvalidKey, ImpossibleNetwork, InvalidInput),
)
def create_profile(
    message: Annotated[ProfileRequest, Body(examples=[PROFILE_REQUEST])], context: FromContext
) -> ProfileCreated:
    """Ask for workloads to be measured; the answer says which are measured already and which are queued.

    With `quick` only some ops are; the others are predicted from tables of other devices, and the snapshot says so.
    """
    now = context.now
    plan = make_plan(context.database, message, now)
    return context.database.write(lambda session: profiling.create_profile(session, message, now, plan))


@router.get("", responses=documented())
def list_profiles(query: Annotated[ProfileQuery, Query()], context: FromContext) -> ProfileList:
    """Page through profiles, the newest first; hand `next_before` back as `before`."""
    return context.database.read(lambda session: progress.list_profiles(session, **dict(query)))


@router.get("/{profile_id}", responses=documented(ProfileNotFound))
def get_profile(profile_id: str, context: FromContext) -> ProfileStatus:
    """Show how far a profile is: jobs by state, progress, failures with reasons, and the snapshot when it is done."""
    return follow(context.database, profile_id, context.settings, context.now)


@router.delete("/{profile_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(ProfileNotFound, Conflict))
def cancel_profile(profile_id: str, context: FromContext) -> None:
    """Cancel a profile and the jobs that only it wants; what was measured stays in the table.

    Agents drop the cancelled jobs when they next renew. To cancel again changes nothing; a profile that is done cannot
    be cancelled, unless it is kept fresh (`refresh`): that ends.
    """
    now = context.now
    context.database.write(lambda session: cancellation.cancel_profile(session, profile_id, now))
