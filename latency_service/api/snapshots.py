"""/v1/snapshots: bytes that were encoded once."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response, status

from latency_service.api.context import Context, FromContext
from latency_service.api.negotiation import choose
from latency_service.api.problems import documented
from latency_service.api.snapshot_forms import FOREVER, answer
from latency_service.contract.errors import NotAcceptable, SnapshotNotFound
from latency_service.contract.messages import SnapshotDiff
from latency_service.interchange.media_types import JSON, MEDIA_TYPES
from latency_service.services import comparing

IfNoneMatch = Annotated[str | None, Header(description="The ETag of the snapshot that the caller has.")]
Accept = Annotated[str, Header(description=f"One of {', '.join(each.name for each in MEDIA_TYPES)}.")]
AcceptEncoding = Annotated[str, Header(description="`zstd`, `gzip` or `identity`.")]

_SCHEMAS: dict[str, dict[str, str]] = {JSON.name: {"$ref": "#/components/schemas/Snapshot"}}
_BYTES = {"type": "string", "format": "binary"}
SNAPSHOT_RESPONSES: dict[int | str, dict[str, Any]] = {
    status.HTTP_200_OK: {
        "description": "The snapshot. As plain JSON its id is the ETag; other forms have a suffix behind it.",
        "content": {each.name: {"schema": _SCHEMAS.get(each.name, _BYTES)} for each in MEDIA_TYPES},
    },
    status.HTTP_304_NOT_MODIFIED: {"description": "The caller has it already."},
}

router = APIRouter(prefix="/v1/snapshots", tags=["snapshots"])


@router.get(
    "/{snapshot_id}",
    response_class=Response,
    responses={**documented(SnapshotNotFound, NotAcceptable), **SNAPSHOT_RESPONSES},
)
def get_snapshot(
    snapshot_id: str,
    context: FromContext,
    accept: Accept = "",
    accept_encoding: AcceptEncoding = "",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Answer a snapshot as JSON, CSV, Parquet or Arrow; it never changes."""
    return send_snapshot(context, snapshot_id, (accept, accept_encoding), if_none_match, FOREVER)


@router.get("/{snapshot_id}/diff/{other_id}", responses=documented(SnapshotNotFound))
def diff(snapshot_id: str, other_id: str, context: FromContext) -> SnapshotDiff:
    """Compare a snapshot with another: what moved beyond its intervals, what came, what went, what the moved share."""
    return context.database.read(lambda session: comparing.compare(session, snapshot_id, other_id))


def send_snapshot(
    context: Context, snapshot_id: str, wish: tuple[str, str], if_none_match: str | None, cache_control: str
) -> Response:
    """Return a snapshot in the form that the caller likes best.

    Args:
        context: The app's.
        snapshot_id: Which.
        wish: Accept and Accept-Encoding.
        if_none_match: What the caller has, if anything.
        cache_control: How long others may keep the answer.

    Raises:
        NotAcceptable: There is no form that the caller takes.
        SnapshotNotFound: None has that id.
    """
    form = choose(*wish)
    body = context.forms.in_memory(snapshot_id, form)
    if body is None:
        body = context.database.read(lambda session: context.forms.load(session, snapshot_id, form))
    sent = answer(snapshot_id, form, body, if_none_match, cache_control)
    response = Response(sent.body, sent.status)
    response.raw_headers = list(sent.headers)
    return response
