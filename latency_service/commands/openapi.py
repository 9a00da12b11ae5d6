"""`latency-service openapi`."""

import json
import tempfile
from pathlib import Path
from typing import Any

import typer

from latency_service.api.app import create_app
from latency_service.settings import Settings


def openapi() -> None:
    """Print the OpenAPI document, as `GET /openapi.json` answers it; docs/openapi.json is made so."""
    typer.echo(json.dumps(openapi_document(), indent=2, ensure_ascii=False))


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document; no database is needed for that."""
    with tempfile.TemporaryDirectory() as folder:
        return create_app(Settings(database=f"sqlite:///{Path(folder) / 'none.db'}")).openapi()
