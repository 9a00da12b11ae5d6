"""Access: API keys are made, recognised and revoked, and the service is not left open by mistake.

Of a key only a salted SHA-256 of its secret is stored. A slow hash is for passwords, which can be guessed; nobody
guesses 32 random bytes.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from hmac import compare_digest

from pydantic import SecretStr
from sqlalchemy.orm import Session

from latency_service.contract.api_keys import KeyParts, format_api_key, parse_api_key
from latency_service.contract.errors import ApiKeyNotFound, Forbidden, InvalidInput, Unauthorized
from latency_service.contract.loopback import is_loopback
from latency_service.contract.messages import ApiKey, ApiKeyCreated, ApiKeyList, ApiKeyRequest, KeyId
from latency_service.repositories import api_keys
from latency_service.services.principals import Principal
from latency_service.settings import Settings
from latency_service.tables import ApiKey as KeyRow

_USE_IS_NOTED_EVERY = timedelta(minutes=1)
_CREATE = "`latency-service keys create --scope admin --name NAME`"


def create(session: Session, request: ApiKeyRequest, now: datetime) -> ApiKeyCreated:
    """Make a key; only now is its secret known."""
    parts = KeyParts(secrets.token_hex(6), secrets.token_hex(32))
    salt = secrets.token_hex(16)
    row = KeyRow(
        id=parts.key_id,
        name=request.name,
        scope=request.scope,
        devices=list(request.devices),
        salt=salt,
        secret_hash=_hash(salt, parts.secret),
        created_at=now,
    )
    api_keys.add(session, row)
    return ApiKeyCreated(**_members(row), key=SecretStr(format_api_key(parts)))


def revoke(session: Session, key_id: str, now: datetime) -> None:
    """End a key; every replica notices within five seconds. A key that is revoked already stays as it is.

    Raises:
        ApiKeyNotFound: There never was a key with that id.
    """
    if api_keys.find(session, key_id) is None:
        raise ApiKeyNotFound(f"no API key has the id {key_id!r}; `latency-service keys list` shows them")
    api_keys.revoke(session, key_id, now)


def list_keys(session: Session) -> ApiKeyList:
    """Return all keys, the oldest first."""
    return ApiKeyList(keys=tuple(ApiKey(**_members(row)) for row in api_keys.list_all(session)))


def recognise(session: Session, text: str) -> ApiKey:
    """Return the key that a text is.

    Raises:
        Unauthorized: It is none, or none any more; the message does not say which.
    """
    try:
        parts = parse_api_key(text)
    except InvalidInput as error:
        raise Unauthorized(str(error)) from None
    row = api_keys.find(session, parts.key_id)
    if row is None or row.revoked_at or not compare_digest(_hash(row.salt, parts.secret), row.secret_hash):
        raise Unauthorized("this API key is unknown or revoked; ask an admin for a new one")
    return ApiKey(**_members(row))


def principal_of(key: ApiKey) -> Principal:
    """Return on whose behalf a request with this key acts."""
    return Principal(key.key_id, key.scope, key.devices)


def is_use_to_be_noted(key: ApiKey, now: datetime) -> bool:
    """Say whether the last noted use was so long ago that another one is worth a write."""
    return key.last_used_at is None or now - key.last_used_at >= _USE_IS_NOTED_EVERY


def note_use(session: Session, key_id: KeyId, now: datetime) -> None:
    """Note that a key was used."""
    api_keys.mark_used(session, key_id, now)


def are_keys_asked_for(session: Session, settings: Settings) -> bool:
    """Say whether requests need a key; once there was one, they always do (`keys=off` aside)."""
    return must_ask_for_keys(settings) or (settings.keys == "auto" and api_keys.any_exists(session))


def must_ask_for_keys(settings: Settings) -> bool:
    """Say whether requests need a key even where none exists."""
    return settings.keys == "required" or (settings.keys == "auto" and not is_loopback(settings.host))


def check_policy(session: Session, settings: Settings) -> None:
    """Return if the service may listen where it is told to.

    Raises:
        Forbidden: Others could reach it and nobody would need a key, or keys are needed and there are none.
    """
    if settings.keys == "off" and not is_loopback(settings.host):
        raise Forbidden(
            f"keys are off, and {settings.host} can be reached from elsewhere: anybody could read and write; "
            "listen on 127.0.0.1, or take keys=auto"
        )
    if must_ask_for_keys(settings) and not api_keys.any_exists(session):
        raise Forbidden(
            f"{settings.host} needs API keys, and there are none: create the first with {_CREATE} on the same "
            "database, or listen on 127.0.0.1 with keys=auto"
        )


def _hash(salt: str, secret: str) -> str:
    return hashlib.sha256((salt + secret).encode()).hexdigest()


def _members(row: KeyRow) -> dict[str, object]:
    names = ("name", "scope", "devices", "created_at", "last_used_at", "revoked_at")
    return {"key_id": KeyId(row.id)} | {name: getattr(row, name) for name in names}
