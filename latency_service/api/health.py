"""/health: is the process alive, and can it serve."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from latency_service import schema
from latency_service.api.context import FromContext
from latency_service.api.problems import documented

router = APIRouter(prefix="/health", tags=["health"])


class Health(BaseModel):
    """All is well; where it is not, the answer is a problem document."""

    status: Literal["ok"] = "ok"


@router.get("/live")
async def live() -> Health:
    """Answer as long as the process does."""
    return Health()


@router.get("/ready", responses=documented())
def ready(context: FromContext) -> Health:
    """Answer where the database does and is at this service's revision."""
    schema.check_is_current(context.database)
    return Health()
