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

    Of one table, what is added later comes later. Of several, what agents hand in at the same moment may show up out of
    order: who follows what arrives does so table by table.

    With `samples`, each comes with its raw samples for as long as these are kept (the setting `keep_samples_days`);
    its summary is kept for ever.
    """
    return context.database.read(
        lambda session: catalogue.list_measurements(
            session, query.table, query.op, query.after, query.limit, query.samples
        )
    )
