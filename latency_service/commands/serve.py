"""`latency-service serve`."""

import ipaddress
import sys
from typing import Annotated

import structlog
import typer
import uvicorn

from latency_service.api.app import create_app
from latency_service.commands.migrate import migrate_database
from latency_service.commands.running import DatabaseOption, load_settings, readable_errors


def serve(
    database: DatabaseOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Default 8000.")] = None,
    lease_s: Annotated[float | None, typer.Option(help="Seconds that a batch is lent; default 90.")] = None,
) -> None:
    """Serve the tables over HTTP, after bringing the database to the newest revision."""
    _log_to_stderr()
    with readable_errors():
        settings = load_settings(database=database, host=host, port=port, lease_s=lease_s)
        migrate_database(settings)
        _warn_if_reachable(settings.host)
        service = create_app(settings)
    uvicorn.run(
        service,
        host=settings.host,
        port=settings.port,
        access_log=False,
        timeout_graceful_shutdown=int(settings.shutdown_s),
    )


def _log_to_stderr() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _warn_if_reachable(host: str) -> None:
    if not _is_loopback(host):
        structlog.get_logger().warning(
            "anyone who reaches this address may read and write: there are no keys yet; use 127.0.0.1, or a firewall",
            host=host,
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
