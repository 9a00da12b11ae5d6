"""KeyRing: the keys that this replica has seen lately, so that a request seldom needs the database for its key."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from latency_service.clock import Clock
from latency_service.contract.errors import ServiceUnavailable, Unauthorized
from latency_service.contract.messages import KeyId
from latency_service.database import Database
from latency_service.services import access
from latency_service.services.principals import ANYBODY, Principal
from latency_service.settings import Settings

#: A key that is revoked, and a first key that is created, are noticed by every replica within so long.
TRUSTED_S = 5.0
_MOST_REMEMBERED = 1024
_SCHEME = "bearer"

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class _Known(NamedTuple):
    principal: Principal
    until: float


class KeyRing:
    """Says on whose behalf requests act.

    Args:
        database: Holds the keys.
        settings: Say whether any are asked for.
        clock: The time at which a key's use is noted.
        timer: Seconds of a clock that only goes forwards.
    """

    def __init__(self, database: Database, settings: Settings, clock: Clock, timer: Callable[[], float]) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._timer = timer
        self._is_locked = False
        self._open_until = 0.0
        self._known: dict[bytes, _Known] = {}
        self._used: set[KeyId] = set()

    def remembered(self, authorization: bytes | None) -> Principal | None:
        """Return whose header that was when it was last looked at, which need not hold any more."""
        known = None if authorization is None else self._known.get(authorization)
        return None if known is None else known.principal

    def trusted(self, authorization: bytes | None) -> Principal | None:
        """Return on whose behalf a request with this header acts, where that was looked up a moment ago."""
        now = self._timer()
        known = None if authorization is None else self._known.get(authorization)
        if known is not None and now < known.until:
            return known.principal
        return ANYBODY if now < self._open_until and not self._is_locked else None

    async def principal(self, authorization: bytes | None) -> Principal:
        """Look up on whose behalf a request with this Authorization header acts.

        Raises:
            Unauthorized: A key is needed, and this is none.
            ServiceUnavailable: The database, which knows the keys, cannot be used.
        """
        if not await self._are_keys_asked_for():
            return ANYBODY
        return await self._look_up(authorization)

    @property
    def has_unnoted_uses(self) -> bool:
        """Whether a key was used and the database does not say so, nor said so within the last minute."""
        return bool(self._used)

    async def note_uses(self) -> None:
        """Note in the database which keys were used; no request fails where that does."""
        while self._used:
            key_id = self._used.pop()
            try:
                await run_in_threadpool(
                    self._database.write, partial(access.note_use, key_id=key_id, now=self._clock())
                )
            except SQLAlchemyError as error:
                _log.warning("a key's use could not be noted", key=key_id, error=str(error).splitlines()[0])

    async def _are_keys_asked_for(self) -> bool:
        if not self._is_locked and self._timer() >= self._open_until:
            until = self._timer() + TRUSTED_S
            self._is_locked = await self._read(partial(access.are_keys_asked_for, settings=self._settings))
            self._open_until = until
        return self._is_locked

    async def _look_up(self, authorization: bytes | None) -> Principal:
        text = _bearer(authorization)
        until = self._timer() + TRUSTED_S  # from before the look: a key that is revoked meanwhile lasts no longer
        try:
            key = await self._read(partial(access.recognise, text=text))
        except Unauthorized:
            self._known.pop(authorization or b"", None)
            raise
        if access.is_use_to_be_noted(key, self._clock()):
            self._used.add(key.key_id)
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        principal = access.principal_of(key)
        self._known[authorization or b""] = _Known(principal, until)
        return principal

    async def _read(self, work: Callable[[Session], T]) -> T:
        try:
            return await run_in_threadpool(self._database.read, work)
        except SQLAlchemyError as error:
            _log.error("keys cannot be checked", error=str(error).splitlines()[0])
            raise ServiceUnavailable(
                "the database, which knows the API keys, cannot be used; try again later"
            ) from None


def _bearer(authorization: bytes | None) -> str:
    """Return the key that a header carries."""
    if authorization is None:
        raise Unauthorized("this service needs an API key: send `Authorization: Bearer KEY`; an admin creates keys")
    scheme, _, key = authorization.decode("latin-1").partition(" ")
    if scheme.lower() != _SCHEME:
        raise Unauthorized("API keys are sent as `Authorization: Bearer KEY`")
    return key.strip()
