"""/v1/keys: for admins."""

from typing import Annotated

from fastapi import APIRouter, Body, status

from latency_service.api.context import FromContext
from latency_service.api.examples import KEY_REQUEST
from latency_service.api.problems import documented
from latency_service.api.strict_json import StrictRoute
from latency_service.contract.errors import ApiKeyNotFound
from latency_service.contract.messages import ApiKeyCreated, ApiKeyList, ApiKeyRequest
from latency_service.services import access

router = APIRouter(prefix="/v1/keys", tags=["keys"], route_class=StrictRoute)


@router.post("", status_code=status.HTTP_201_CREATED, responses=documented())
def create_key(message: Annotated[ApiKeyRequest, Body(examples=[KEY_REQUEST])], context: FromContext) -> ApiKeyCreated:
    """Create a key; the answer is the only one that ever shows its secret."""
    return context.database.write(lambda session: access.create(session, message, context.now))


@router.get("", responses=documented())
def list_keys(context: FromContext) -> ApiKeyList:
    """List all keys, the oldest first, without their secrets."""
    return context.database.read(access.list_keys)


@router.delete("/{key_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(ApiKeyNotFound))
def revoke_key(key_id: str, context: FromContext) -> None:
    """Revoke a key; every replica refuses it within five seconds."""
    context.database.write(lambda session: access.revoke(session, key_id, context.now))
