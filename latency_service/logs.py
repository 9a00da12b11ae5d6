"""Logs: one line an event on stderr, readable on a terminal and JSON elsewhere; uvicorn's lines are among them.

A line names the request that it belongs to. None holds a body, a key or a password: tracebacks come without the values
of local variables, and the database's errors without what its statements were given.
"""

import logging
import sys
from collections.abc import Sequence
from typing import TextIO

import structlog
from structlog.typing import Processor

from latency_service.settings import LogFormat, LogLevel

#: The least that libraries may say: at `debug` they would drown the service's own lines.
_LIBRARIES_LEAST = logging.INFO


def configure_logging(log_format: LogFormat, level: LogLevel, stream: TextIO | None = None) -> None:
    """Send the service's and its libraries' logs to a stream, stderr by default; once a process."""
    stream = stream or sys.stderr
    is_json = log_format == "json" or (log_format == "auto" and not stream.isatty())
    own: tuple[Processor, ...] = (
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )
    least = logging.getLevelNamesMapping()[level.upper()]
    rendering = _rendering(is_json, stream.isatty())
    structlog.configure(
        processors=[*own, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    logging.basicConfig(level=max(least, _LIBRARIES_LEAST), handlers=[_handler(own, rendering, stream)])
    # It tells at each look at the revision, and so at each `/health/ready`, which database it looks at.
    logging.getLogger("alembic.runtime.migration").setLevel(max(least, logging.WARNING))


def _handler(own: Sequence[Processor], rendering: Sequence[Processor], stream: TextIO) -> logging.Handler:
    """Return what writes the lines of libraries that know the standard library's logging alone."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*own, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    return handler


def _rendering(is_json: bool, in_colours: bool) -> Sequence[Processor]:
    if is_json:
        return structlog.processors.format_exc_info, structlog.processors.JSONRenderer()
    # The default formatter would print the local variables of every frame, and keys among them.
    plain = structlog.dev.plain_traceback
    return (structlog.dev.ConsoleRenderer(colors=in_colours, exception_formatter=plain),)
