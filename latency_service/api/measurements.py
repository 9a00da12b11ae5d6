"""/v1/measurements."""

from typing import Annotated

from fastapi import APIRouter, Query

from latency_service.api.context import FromContext
from latency_service.api.problems import documented
from latency_service.api.queries import MeasurementQuery
from latency_service.contract.errors import TableNotFound
from latency_service.contract.messages import MeasurementPage
from latency_service.services import catalogue

router = APIRouter(prefix="/v1/measurements", tags=["measurements"])


@router.get("", responses=documented(TableNotFound))
def list_measurements(query: Annotated[MeasurementQuery, Query()], context: FromContext) -> MeasurementPage:
    """Page through measurements in the order they arrived; hand `next_after` back as `after`.

    With `samples`, each comes with its raw samples for as long as these are kept (the setting `keep_samples_days`);
    its summary is kept for ever.
    """
    return context.database.read(
        lambda session: catalogue.list_measurements(
            session, query.table, query.op, query.after, query.limit, query.samples
        )
    )
