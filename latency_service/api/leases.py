"""/v1/leases."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response, status

from latency_service.api.context import FromContext
from latency_service.api.examples import JOB_RESULT, LEASE_REQUEST, RESULT_BATCH
from latency_service.api.principal import FromPrincipal
from latency_service.api.problems import documented, problem_of
from latency_service.api.strict_json import StrictRoute
from latency_service.contract.errors import (
    AgentTooOld,
    DeviceNotFound,
    DeviceStateUnknown,
    LeaseExpired,
    ResultMismatch,
)
from latency_service.contract.messages import (
    JobResult,
    Lease,
    LeaseRenewed,
    LeaseRequest,
    ResultAccepted,
    ResultBatch,
    ResultBatchAnswer,
    ResultOutcome,
)
from latency_service.services.desk import Desk
from latency_service.services.judgement import Outcome

router = APIRouter(prefix="/v1/leases", tags=["leases"], route_class=StrictRoute)


async def _desk(context: FromContext) -> Desk:
    return Desk(context.database, context.settings)


FromDesk = Annotated[Desk, Depends(_desk)]


@router.post(
    "",
    response_model=Lease,
    responses={
        **documented(DeviceNotFound, DeviceStateUnknown, AgentTooOld),
        status.HTTP_204_NO_CONTENT: {"description": "There is nothing to do."},
    },
)
def lend(
    message: Annotated[LeaseRequest, Body(examples=[LEASE_REQUEST])],
    desk: FromDesk,
    context: FromContext,
    principal: FromPrincipal,
) -> Lease | Response:
    """Lend an agent the next jobs that it can do, all under the same conditions."""
    lease = desk.lend(message, context.now, principal)
    return lease or Response(status_code=status.HTTP_204_NO_CONTENT)


@router.put("/{token}", responses=documented(LeaseExpired))
def renew(token: str, desk: FromDesk, context: FromContext, principal: FromPrincipal) -> LeaseRenewed:
    """Prolong a lease; the answer names the jobs that nobody wants any more."""
    return desk.renew(token, context.now, principal)


@router.put("/{token}/results/{result_id}", responses=documented(LeaseExpired, ResultMismatch))
def put_result(
    token: str,
    result_id: UUID,
    message: Annotated[JobResult, Body(examples=[JOB_RESULT])],
    desk: FromDesk,
    context: FromContext,
    principal: FromPrincipal,
) -> ResultAccepted:
    """Hand in one result under a UUID that the agent made; the same one may be sent again and again.

    A measurement that comes after its lease ended is answered 410, and kept: where it is valid it fills the table.
    """
    (outcome,) = desk.accept(token, [(str(result_id), message)], context.now, principal)
    if outcome.error is not None:
        raise outcome.error
    if outcome.status == "late":
        raise LeaseExpired("the lease ended before this result arrived; the measurement is kept as an observation")
    return ResultAccepted(status="duplicate" if outcome.status == "duplicate" else "accepted")


@router.post("/{token}/results", responses=documented(LeaseExpired))
def post_results(
    token: str,
    message: Annotated[ResultBatch, Body(examples=[RESULT_BATCH])],
    desk: FromDesk,
    context: FromContext,
    principal: FromPrincipal,
) -> ResultBatchAnswer:
    """Hand in several results of a lease, each under its UUID; each stands or falls by itself.

    What one alone would be answered with an error is told here as `late` or `refused`, and the others are taken.
    """
    handed_in = [(str(result.result_id), result) for result in message.results]
    outcomes = desk.accept(token, handed_in, context.now, principal)
    return ResultBatchAnswer(outcomes=tuple(map(_on_wire, outcomes)))


@router.delete("/{token}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(LeaseExpired))
def release(token: str, desk: FromDesk, context: FromContext, principal: FromPrincipal) -> None:
    """Hand a lease back; what has no result is queued again and the attempt does not count."""
    desk.release(token, context.now, principal)


def _on_wire(outcome: Outcome) -> ResultOutcome:
    problem = None if outcome.error is None else problem_of(outcome.error)
    return ResultOutcome(result_id=UUID(outcome.result_id), status=outcome.status, problem=problem)
