"""A service that asks for keys, in this process, and clients with keys of every scope."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from latency_service.api.app import create_app
from latency_service.contract.messages import ApiKeyCreated, ApiKeyRequest, Scope
from latency_service.database import Database
from latency_service.services import access
from latency_service.settings import Settings
from tests.service_data import ManualClock

T = TypeVar("T")


class ManualTimer:
    """Seconds that pass only where a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Guarded:
    """A replica of the service; others may be started on the same database.

    Attributes:
        app: The service.
        client: Sends no key, unless a request's headers hold one.
        clock: What the service takes for the present.
    """

    def __init__(self, settings: Settings, clock: ManualClock, app: FastAPI, client: TestClient) -> None:
        self.app = app
        self.client = client
        self._settings = settings
        self.clock = clock

    def create_key(self, scope: Scope, devices: tuple[str, ...] = ()) -> ApiKeyCreated:
        """Make a key as the command line would: in the database."""
        request = ApiKeyRequest(name=f"a {scope}", scope=scope, devices=devices)
        return self._write(lambda session: access.create(session, request, self.clock()))

    def headers(self, scope: Scope, devices: tuple[str, ...] = ()) -> dict[str, str]:
        """Return the headers of a new key."""
        return bearer(self.create_key(scope, devices))

    def revoke(self, created: ApiKeyCreated) -> None:
        """Revoke a key, in the database alone."""
        self._write(lambda session: access.revoke(session, created.key_id, self.clock()))

    def _write(self, work: Callable[[Session], T]) -> T:
        database = Database(self._settings.database)
        try:
            return database.write(work)
        finally:
            database.close()


def bearer(created: ApiKeyCreated) -> dict[str, str]:
    """Return the headers of a request with that key."""
    return {"Authorization": f"Bearer {created.key.get_secret_value()}"}


@contextmanager
def guarded(settings: Settings, timer: Callable[[], float]) -> Iterator[Guarded]:
    """Run a service in this process."""
    clock = ManualClock()
    app = create_app(settings, clock, timer)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Guarded(settings, clock, app, client)
