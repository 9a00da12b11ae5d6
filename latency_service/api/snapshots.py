"""/v1/snapshots: bytes that were encoded once."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response, status

from latency_service.api.context import FromContext
from latency_service.api.problems import documented
from latency_service.contract.errors import SnapshotNotFound
from latency_service.services import snapshots

IF_NONE_MATCH = Annotated[str | None, Header(description="The ETag of the snapshot that the caller has.")]
SNAPSHOT_RESPONSES: dict[int | str, dict[str, Any]] = {
    status.HTTP_200_OK: {
        "description": "The snapshot; its id is the ETag.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Snapshot"}}},
    },
    status.HTTP_304_NOT_MODIFIED: {"description": "The caller has it already."},
}

router = APIRouter(prefix="/v1/snapshots", tags=["snapshots"])


@router.get(
    "/{snapshot_id}",
    response_class=Response,
    responses={**documented(SnapshotNotFound), **SNAPSHOT_RESPONSES},
)
def get_snapshot(snapshot_id: str, context: FromContext, if_none_match: IF_NONE_MATCH = None) -> Response:
    """Answer a snapshot; it never changes."""
    with context.database.reading() as session:
        snapshot = snapshots.get(session, snapshot_id)
    cache_control = "public, max-age=31536000, immutable"
    return snapshot_response(snapshot.id, snapshot.content, if_none_match, cache_control)


def snapshot_response(snapshot_id: str, content: bytes, if_none_match: str | None, cache_control: str) -> Response:
    """Return the snapshot's bytes, or 304 where If-None-Match names it."""
    headers = {"ETag": f'"{snapshot_id}"', "Cache-Control": cache_control}
    if _matches(snapshot_id, if_none_match):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


def _matches(snapshot_id: str, if_none_match: str | None) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return "*" in tags or f'"{snapshot_id}"' in tags
