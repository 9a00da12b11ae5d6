"""/v1/leases."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response, status

from latency_service.api.context import FromContext
from latency_service.api.examples import JOB_RESULT, LEASE_REQUEST
from latency_service.api.problems import documented
from latency_service.api.strict_json import StrictRoute
from latency_service.contract.errors import (
    AgentTooOld,
    DeviceNotFound,
    DeviceStateUnknown,
    LeaseExpired,
    ResultMismatch,
)
from latency_service.contract.messages import JobResult, Lease, LeaseRenewed, LeaseRequest, ResultAccepted
from latency_service.services import leasing, results

router = APIRouter(prefix="/v1/leases", tags=["leases"], route_class=StrictRoute)


@router.post(
    "",
    response_model=Lease,
    responses={
        **documented(DeviceNotFound, DeviceStateUnknown, AgentTooOld),
        status.HTTP_204_NO_CONTENT: {"description": "There is nothing to do."},
    },
)
def lend(message: Annotated[LeaseRequest, Body(examples=[LEASE_REQUEST])], context: FromContext) -> Lease | Response:
    """Lend an agent the oldest jobs that it can do, all under the same conditions."""
    with context.database.writing() as session:
        lease = leasing.lend(session, message, context.settings, context.now)
    return lease or Response(status_code=status.HTTP_204_NO_CONTENT)


@router.put("/{token}", responses=documented(LeaseExpired))
def renew(token: str, context: FromContext) -> LeaseRenewed:
    """Prolong a lease; the answer names the jobs that nobody wants any more."""
    with context.database.writing() as session:
        return leasing.renew(session, token, context.settings, context.now)


@router.put("/{token}/results/{result_id}", responses=documented(LeaseExpired, ResultMismatch))
def put_result(
    token: str,
    result_id: UUID,
    message: Annotated[JobResult, Body(examples=[JOB_RESULT])],
    context: FromContext,
) -> ResultAccepted:
    """Hand in one result under a UUID that the agent made; the same one may be sent again and again.

    A measurement that comes after its lease ended is answered 410, and kept: where it is valid it fills the table.
    """
    max_attempts = context.settings.max_attempts
    with context.database.writing() as session:
        outcome = results.accept(session, token, str(result_id), message, max_attempts, context.now)
    if outcome == "late":  # only now: raised inside, it would undo what was kept
        raise LeaseExpired("the lease ended before this result arrived; the measurement is kept as an observation")
    return ResultAccepted(status=outcome)


@router.delete("/{token}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(LeaseExpired))
def release(token: str, context: FromContext) -> None:
    """Hand a lease back; what has no result is queued again and the attempt does not count."""
    with context.database.writing() as session:
        leasing.release(session, token, context.now)
