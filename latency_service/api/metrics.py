"""/metrics, for Prometheus."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from latency_service.api.context import FromContext

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Metrics in Prometheus' text format.", "content": {"text/plain": {}}}},
)
def metrics(context: FromContext) -> Response:
    """Show what this replica counts and times, and what waits in the database."""
    return Response(generate_latest(context.meters.registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)
