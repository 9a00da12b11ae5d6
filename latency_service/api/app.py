"""The composition root: everything that the service is made of is made and joined here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI

from latency_service.api import devices, health, latency_tables, leases, measurements, profiles, snapshots
from latency_service.api.context import Context
from latency_service.api.problems import add_problem_handlers
from latency_service.clock import Clock, utc_now
from latency_service.contract.errors import Problem
from latency_service.contract.messages import Snapshot
from latency_service.database import Database
from latency_service.settings import Settings

_DESCRIPTION = """
Latency tables of devices: ask for ops to be measured (profiles), lend the work to agents (leases), and read what came
of it (tables, snapshots). Errors are RFC 9457 problem documents with a stable `code`; no number is ever invented.
"""
_REF_TEMPLATE = "#/components/schemas/{model}"


class _Service(FastAPI):
    """A FastAPI app that also documents what routes answer without its knowing: problems, and stored snapshots."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        document = super().openapi()
        for model in (Problem, Snapshot):
            schema = model.model_json_schema(ref_template=_REF_TEMPLATE, mode="serialization")
            document["components"]["schemas"] |= schema.pop("$defs", {}) | {model.__name__: schema}
        return document


def create_app(settings: Settings, clock: Clock = utc_now) -> FastAPI:
    """Return the service over the settings' database, which must be at the newest revision already."""
    database = Database(settings.database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        database.close()

    app = _Service(
        title="Latency service",
        description=_DESCRIPTION,
        version=version("proxyless-latency"),
        lifespan=lifespan,
    )
    app.state.context = Context(database, clock, settings)
    for module in (devices, profiles, leases, latency_tables, snapshots, measurements, health):
        app.include_router(module.router)
    add_problem_handlers(app)
    return app
