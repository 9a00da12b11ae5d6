"""`latency-service serve`."""

import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated

import typer
import uvicorn

from latency_service.api.app import create_app
from latency_service.commands.migrate import migrate_database
from latency_service.commands.running import (
    ConfigOption,
    DatabaseOption,
    load_settings,
    opened_database,
    readable_errors,
)
from latency_service.logs import configure_logging
from latency_service.services import access
from latency_service.settings import Settings

Host = Annotated[str | None, typer.Option(help="Address to listen on; default 127.0.0.1.")]
Port = Annotated[int | None, typer.Option(help="Default 8000.")]
LeaseS = Annotated[float | None, typer.Option(help="Seconds that a batch is lent; default 90.")]
Keys = Annotated[str | None, typer.Option(help="Whether API keys are asked for: auto (default), required or off.")]
LogFormatOption = Annotated[
    str | None, typer.Option("--log-format", help="auto (default: readable on a terminal, else JSON), console or json.")
]


def serve(
    database: DatabaseOption = None,
    host: Host = None,
    port: Port = None,
    lease_s: LeaseS = None,
    keys: Keys = None,
    log_format: LogFormatOption = None,
    config: ConfigOption = None,
) -> None:
    """Serve the tables over HTTP, after bringing the database to the newest revision."""
    flags = dict(database=database, host=host, port=port, lease_s=lease_s, keys=keys, log_format=log_format)
    with readable_errors():
        settings = load_settings(config, **flags)
        configure_logging(settings.log_format, settings.log_level)
        migrate_database(settings)
        _check_keys(settings)
        service = create_app(settings)
    with _going_when_told():
        uvicorn.run(
            service,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=math.ceil(settings.shutdown_s),
        )


@contextmanager
def _going_when_told() -> Iterator[None]:
    """Let the process end with exit code 0 when it was told to go, and went in order.

    The server raises the signal again when it has shut down, which would end the process as if it had been killed.
    """
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_keys(settings: Settings) -> None:
    """Return if nobody can reach the service who should need a key and does not."""
    with opened_database(settings) as database:
        database.read(partial(access.check_policy, settings=settings))
