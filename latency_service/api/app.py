"""The composition root: everything that the service is made of is made and joined here."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from latency_service.api import (
    devices,
    health,
    keys,
    latency_tables,
    leases,
    measurements,
    metrics,
    networks,
    profiles,
    snapshots,
)
from latency_service.api.cache_collector import CacheCollector
from latency_service.api.context import Context
from latency_service.api.documentation import add_documentation
from latency_service.api.fleet_collector import FleetCollector
from latency_service.api.guard import Guard
from latency_service.api.hot_reads import HotReads
from latency_service.api.key_ring import KeyRing
from latency_service.api.meters import Meters
from latency_service.api.openapi import complete
from latency_service.api.problems import add_problem_handlers
from latency_service.api.rate_limit import RateLimiter
from latency_service.api.reaper import reaping
from latency_service.api.security_headers import SECURITY_HEADERS
from latency_service.api.snapshot_forms import SnapshotForms
from latency_service.api.telemetry import Telemetry
from latency_service.clock import Clock, utc_now
from latency_service.database import Database
from latency_service.services.predicting import Predictor
from latency_service.services.reaping import Reaper
from latency_service.services.table_models import TableModels
from latency_service.services.warm_tables import WarmTables
from latency_service.settings import Settings

_DESCRIPTION = """
Latency tables of devices: ask for ops to be measured (profiles), lend the work to agents (leases), and read what came
of it (tables, snapshots). Errors are RFC 9457 problem documents with a stable `code`; no number is ever invented.
"""
#: What a web page of an allowed origin may send, and see of the answers.
_CORS_METHODS = ("GET", "POST")
_CORS_REQUEST_HEADERS = ("Authorization", "Content-Type", "If-None-Match")
_CORS_RESPONSE_HEADERS = ("ETag", "Retry-After", "X-Request-ID")
#: Of fitted latency models; one of 200 ops takes 0.7 MB.
_MODELS_BYTES = 64 * 2**20


class _Service(FastAPI):
    """A FastAPI app within layers of ours. It also documents what routes answer without its knowing.

    Args:
        layers: Puts them around an app.
        about: What FastAPI is told.
    """

    def __init__(self, layers: Callable[[ASGIApp], ASGIApp], **about: Any) -> None:
        self._layers = layers
        super().__init__(**about)

    def build_middleware_stack(self) -> ASGIApp:
        """Put the layers around everything, the one that answers for unexpected errors included."""
        return self._layers(super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            complete(super().openapi())
        assert self.openapi_schema is not None, "FastAPI keeps what it has made"
        return self.openapi_schema


def create_app(settings: Settings, clock: Clock = utc_now, monotonic: Callable[[], float] = time.monotonic) -> FastAPI:
    """Return the service over the settings' database, which must be at the newest revision already."""
    context = _make_context(settings, clock, monotonic)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with reaping(Reaper(context.database, settings, clock), settings.reap_every_s):
            yield
        context.database.close()

    app = _Service(
        partial(_layered, context=context, monotonic=monotonic),
        title="Latency service",
        description=_DESCRIPTION,
        version=version("proxyless-latency"),
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # ours is around it, and asking costs 4 us
        docs_url=None,
        redoc_url=None,
    )
    app.state.context = context
    for module in (devices, profiles, leases, latency_tables, snapshots, networks, measurements, metrics, keys, health):
        app.include_router(module.router)
    add_documentation(app)
    add_problem_handlers(app)
    return app


def _make_context(settings: Settings, clock: Clock, monotonic: Callable[[], float]) -> Context:
    meters = Meters()
    database = Database(settings.database_url, settings.pool_size, meters.count)
    tables = WarmTables(settings.snapshot_cache_bytes // 2, settings.latest_ttl_s, monotonic)
    meters.watch_pool(database)
    meters.registry.register(FleetCollector(database, clock))
    forms = SnapshotForms(settings.snapshot_cache_bytes // 2)
    models = TableModels(_MODELS_BYTES)
    uses = {"tables": lambda: tables.use, "forms": lambda: forms.use, "models": lambda: models.use}
    meters.registry.register(CacheCollector(uses))
    return Context(database, clock, settings, tables, forms, Predictor(database, tables, models), meters)


def _layered(app: ASGIApp, context: Context, monotonic: Callable[[], float]) -> ASGIApp:
    """Put layers around the routes, the innermost first; what they answer themselves costs nothing of the framework."""
    settings = context.settings
    app = HotReads(app, context.tables, context.forms)
    key_ring = KeyRing(context.database, settings, context.clock, monotonic)
    limiter = RateLimiter(settings.requests_per_s, settings.burst, monotonic)
    app = Guard(app, key_ring, limiter, settings.max_body_bytes)
    if settings.cors_origins:
        app = CORSMiddleware(
            app,
            allow_origins=settings.cors_origins,
            allow_methods=_CORS_METHODS,
            allow_headers=_CORS_REQUEST_HEADERS,
            expose_headers=_CORS_RESPONSE_HEADERS,
        )
    return Telemetry(app, context.meters, SECURITY_HEADERS, time.perf_counter)
