"""The terminal: status line, progress, one readable line an error - and what a log collector gets instead."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
import typer
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from device_agents.config import LogFormat
from latency_service.contract.errors import AgentTooOld, Forbidden, LatencyError, Unauthorized

EXIT_ERROR = 1
EXIT_AGENT_TOO_OLD = 3
EXIT_KEY_REFUSED = 4

_KEY_HINT = "give the agent its API key with --key-file or DEVICE_AGENT_KEY_FILE"


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn an error of ours into one line on stderr and an exit code.

    3 means that the agent must be upgraded, 4 that the service does not take its API key.
    """
    try:
        yield
    except (LatencyError, OSError) as error:
        hint = f"; {_KEY_HINT}" if isinstance(error, Unauthorized) else ""
        Console(stderr=True, soft_wrap=True).print(Text(f"error: {error}{hint}", style="red"))
        raise typer.Exit(_exit_code(error)) from None


def _exit_code(error: Exception) -> int:
    if isinstance(error, AgentTooOld):
        return EXIT_AGENT_TOO_OLD
    return EXIT_KEY_REFUSED if isinstance(error, Unauthorized | Forbidden) else EXIT_ERROR


@contextmanager
def live_status(log_format: LogFormat = "auto") -> Iterator[Callable[[str], None]]:
    """Log to stderr: readably above a status line on a terminal, as JSON lines elsewhere. Yields the line's setter."""
    console = Console(stderr=True)
    is_json = log_format == "json" or (log_format == "auto" and not console.is_terminal)
    if is_json or not console.is_terminal:
        _configure_logging(structlog.processors.JSONRenderer() if is_json else structlog.dev.ConsoleRenderer())
        yield lambda text: None
        return
    with console.status("starting") as status:
        _configure_logging(structlog.dev.ConsoleRenderer())
        yield lambda text: status.update(Text(text))


@contextmanager
def progress(doing: str, steps: int) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal's stderr, and nothing elsewhere. Yields what is to be called after each step."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing, total=steps)
        yield lambda: bar.advance(task)


def _configure_logging(renderer: structlog.typing.Processor) -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
