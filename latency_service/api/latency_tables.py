"""/v1/tables and /v1/latency."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response

from latency_service.api.context import FromContext
from latency_service.api.examples import LOOKUP_REQUEST
from latency_service.api.problems import documented
from latency_service.api.queries import LatencyQuery, TableQuery
from latency_service.api.snapshots import IF_NONE_MATCH, SNAPSHOT_RESPONSES, snapshot_response
from latency_service.api.strict_json import StrictRoute
from latency_service.contract.errors import (
    DeviceNotFound,
    InvalidKey,
    MissingEntries,
    SnapshotNotFound,
    TableNotFound,
)
from latency_service.contract.messages import LatencyAnswer, LookupAnswer, LookupRequest, TableList
from latency_service.services import catalogue, lookup, snapshots

router = APIRouter(prefix="/v1", tags=["tables"], route_class=StrictRoute)


@router.get("/tables", responses=documented())
def list_tables(query: Annotated[TableQuery, Query()], context: FromContext) -> TableList:
    """List the tables that match; those of the devices' present states first, then the newest."""
    with context.database.reading() as session:
        return catalogue.list_tables(session, **query.model_dump())


@router.get(
    "/tables/{table_id}/snapshots/latest",
    response_class=Response,
    responses={**documented(TableNotFound, SnapshotNotFound), **SNAPSHOT_RESPONSES},
)
def latest_snapshot(table_id: str, context: FromContext, if_none_match: IF_NONE_MATCH = None) -> Response:
    """Answer the table's latest snapshot; 304 where the caller has it already."""
    with context.database.reading() as session:
        snapshot = snapshots.latest(session, table_id)
    return snapshot_response(snapshot.id, snapshot.content, if_none_match, cache_control="no-cache")


@router.post("/tables/{table_id}/lookup", responses=documented(TableNotFound, MissingEntries, InvalidKey))
def look_up(
    table_id: str, message: Annotated[LookupRequest, Body(examples=[LOOKUP_REQUEST])], context: FromContext
) -> LookupAnswer:
    """Answer every latency in the order asked, or one problem: all missing keys and the profile request for them."""
    with context.database.reading() as session:
        return lookup.look_up(session, table_id, message.ops)


@router.get("/latency", responses=documented(DeviceNotFound, TableNotFound, MissingEntries, InvalidKey))
def latency(query: Annotated[LatencyQuery, Query()], context: FromContext) -> LatencyAnswer:
    """Answer one entry of the table of the device's present state."""
    with context.database.reading() as session:
        return lookup.latency(session, query.device, query.conditions, query.op)
