"""The command line: `latency-service serve` and `latency-service migrate`."""

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import structlog
import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from latency_service import schema
from latency_service.api.app import create_app
from latency_service.contract.errors import LatencyError
from latency_service.database import Database
from latency_service.settings import Settings

app = typer.Typer(help="Keep and serve latency tables.", no_args_is_help=True, add_completion=False)

_SHUTDOWN_S = 10

DatabaseOption = Annotated[
    str | None, typer.Option("--database", help="sqlite:///PATH; default: a file in your data directory.")
]


@app.command()
def serve(
    database: DatabaseOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Default 8000.")] = None,
    lease_s: Annotated[float | None, typer.Option(help="Seconds that a batch is lent; default 90.")] = None,
) -> None:
    """Serve the tables over HTTP, after bringing the database to the newest revision."""
    _log_to_stderr()
    with _readable_errors():
        settings = _settings(database=database, host=host, port=port, lease_s=lease_s)
        _migrate(settings)
        _warn_if_reachable(settings.host)
        service = create_app(settings)
    uvicorn.run(
        service,
        host=settings.host,
        port=settings.port,
        access_log=False,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )


@app.command()
def migrate(database: DatabaseOption = None) -> None:
    """Bring the database to the newest revision."""
    with _readable_errors():
        settings = _settings(database=database)
        revision = _migrate(settings)
    Console().print(f"{settings.database} is at revision {revision}", soft_wrap=True)


def _log_to_stderr() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _settings(**flags: Any) -> Settings:
    return Settings(**{name: value for name, value in flags.items() if value is not None})


def _migrate(settings: Settings) -> str:
    database = Database(settings.database)
    try:
        return schema.migrate(database)
    finally:
        database.close()


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


@contextmanager
def _readable_errors() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        _stop(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
    except SQLAlchemyError as error:
        _stop(f"the database cannot be used: {str(error).splitlines()[0]}")
    except (LatencyError, OSError) as error:
        _stop(str(error))


def _stop(message: str) -> None:
    Console(stderr=True).print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)
    raise typer.Exit(1)
