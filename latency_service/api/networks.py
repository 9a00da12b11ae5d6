"""/v1/networks."""

from fastapi import APIRouter

from latency_service.api.context import FromContext
from latency_service.api.problems import documented
from latency_service.contract.errors import WorkloadNotFound
from latency_service.contract.messages import NetworkReport
from latency_service.services import networks

router = APIRouter(prefix="/v1/networks", tags=["networks"])


@router.get("/{key}", responses=documented(WorkloadNotFound))
def get_network(key: str, context: FromContext) -> NetworkReport:
    """Show a network's ops, and what it takes as a whole on every device that has measured it."""
    return context.database.read(lambda session: networks.report(session, key))
