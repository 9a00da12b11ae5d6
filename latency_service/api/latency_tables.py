"""/v1/tables and /v1/latency."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response
from sqlalchemy.orm import Session

from latency_service.api.context import FromContext
from latency_service.api.examples import ADVICE_REQUEST, LOOKUP_REQUEST
from latency_service.api.problems import documented
from latency_service.api.queries import LatencyQuery, SnapshotQuery, TableQuery
from latency_service.api.snapshot_forms import ASK_AGAIN
from latency_service.api.snapshots import SNAPSHOT_RESPONSES, Accept, AcceptEncoding, IfNoneMatch, send_snapshot
from latency_service.api.strict_json import StrictRoute
from latency_service.contract.errors import (
    DeviceNotFound,
    InvalidKey,
    MissingEntries,
    NotAcceptable,
    SnapshotNotFound,
    TableNotFound,
)
from latency_service.contract.messages import (
    Advice,
    AdviceRequest,
    LatencyAnswer,
    LookupAnswer,
    LookupRequest,
    SnapshotId,
    SnapshotList,
    TableId,
    TableList,
)
from latency_service.services import advising, catalogue, lookup, snapshots

router = APIRouter(prefix="/v1", tags=["tables"], route_class=StrictRoute)


@router.get("/tables", responses=documented())
def list_tables(query: Annotated[TableQuery, Query()], context: FromContext) -> TableList:
    """List the tables that match; those of the devices' present states first, then the newest."""
    return context.database.read(lambda session: catalogue.list_tables(session, **query.model_dump()))


@router.get("/tables/{table_id}/snapshots", responses=documented(TableNotFound, SnapshotNotFound))
def list_snapshots(table_id: str, query: Annotated[SnapshotQuery, Query()], context: FromContext) -> SnapshotList:
    """List the snapshots that were cut from a table, the newest first; hand `next_before` back as `before`."""
    return context.database.read(lambda session: snapshots.list_of_table(session, table_id, query.before, query.limit))


@router.get(
    "/tables/{table_id}/snapshots/latest",
    response_class=Response,
    responses={**documented(TableNotFound, SnapshotNotFound, NotAcceptable), **SNAPSHOT_RESPONSES},
)
def latest_snapshot(
    table_id: str,
    context: FromContext,
    accept: Accept = "",
    accept_encoding: AcceptEncoding = "",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Answer the table's latest snapshot, which may be remembered for a second; 304 where the caller has it already."""

    def find(session: Session) -> SnapshotId:
        context.tables.find(session, TableId(table_id))  # and remember it, for those who ask next
        return snapshots.latest_id(session, table_id)

    latest_id = context.database.read(find)
    return send_snapshot(context, latest_id, (accept, accept_encoding), if_none_match, ASK_AGAIN)


@router.post(
    "/tables/{table_id}/lookup",
    response_model=LookupAnswer,
    responses=documented(TableNotFound, MissingEntries, InvalidKey),
)
def look_up(
    table_id: str, message: Annotated[LookupRequest, Body(examples=[LOOKUP_REQUEST])], context: FromContext
) -> Response:
    """Answer every latency in the order asked, or one problem: all missing keys and the profile request for them.

    The values are the latest snapshot's, and those measured since where it has none; which snapshot is the latest may
    be remembered for a second. With `allow_predicted` ops that the table lacks are answered from its latency model,
    each marked as `predicted` with an interval that holds it at 90 %.
    """
    if message.allow_predicted:
        return Response(context.predictor.look_up(table_id, message.ops), media_type="application/json")
    answer = context.database.read(lambda session: lookup.look_up(session, context.tables, table_id, message.ops))
    return Response(answer, media_type="application/json")


@router.post("/tables/{table_id}/advice", responses=documented(TableNotFound, InvalidKey))
def advice(
    table_id: str, message: Annotated[AdviceRequest, Body(examples=[ADVICE_REQUEST])], context: FromContext
) -> Advice:
    """Name the ops to measure next, of those given that the table lacks, so that predictions are off by less."""
    return advising.advise(context.predictor, table_id, message)


@router.get(
    "/latency",
    response_model=LatencyAnswer,
    responses=documented(DeviceNotFound, TableNotFound, MissingEntries, InvalidKey),
)
def latency(query: Annotated[LatencyQuery, Query()], context: FromContext) -> Response:
    """Answer one entry of the table of the device's present state, from the same values as a lookup."""
    if query.allow_predicted:
        predicted = context.predictor.latency(query.device, query.conditions, query.op)
        return Response(predicted, media_type="application/json")
    answer = context.database.read(
        lambda session: lookup.latency(session, context.tables, query.device, query.conditions, query.op)
    )
    return Response(answer, media_type="application/json")
