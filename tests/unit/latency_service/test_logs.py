import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from latency_service.logs import configure_logging
from latency_service.settings import LogFormat, LogLevel

PASSWORD = "hunter2"


@contextmanager
def configured(log_format: LogFormat, level: LogLevel = "info") -> Iterator[io.StringIO]:
    """Configure as in a process that has just started, whose root logger has no handlers."""
    root, stream = logging.getLogger(), io.StringIO()
    before, root.handlers, level_before = root.handlers, [], root.level
    try:
        configure_logging(log_format, level, stream)
        yield stream
    finally:
        root.handlers = before
        root.setLevel(level_before)
        structlog.contextvars.clear_contextvars()


def logged(stream: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail(password: str) -> None:
    raise RuntimeError(f"wrong by {len(password)}")


def test_lines_of_libraries_are_like_our_own_and_name_the_request() -> None:
    with configured("json") as stream:
        structlog.contextvars.bind_contextvars(request_id="r-1")
        structlog.get_logger().info("ours", device="board")
        logging.getLogger("uvicorn.error").info("theirs %s", "too")
    ours, theirs = logged(stream)
    assert (ours["event"], ours["device"], ours["level"], ours["request_id"]) == ("ours", "board", "info", "r-1")
    assert (theirs["event"], theirs["logger"], theirs["request_id"]) == ("theirs too", "uvicorn.error", "r-1")
    assert ours["timestamp"] <= theirs["timestamp"]


def test_a_look_at_the_databases_revision_is_not_worth_a_line() -> None:
    with configured("json") as stream:
        logging.getLogger("alembic.runtime.migration").info("Context impl SQLiteImpl.")
        logging.getLogger("alembic.runtime.migration").warning("something is wrong")
    assert [line["event"] for line in logged(stream)] == ["something is wrong"]


def test_what_is_below_the_level_is_not_said() -> None:
    with configured("json", "warning") as stream:
        structlog.get_logger().info("quiet")
        logging.getLogger("uvicorn.error").info("quiet")
        structlog.get_logger().warning("loud")
    assert [line["event"] for line in logged(stream)] == ["loud"]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_is_told_without_the_values_of_variables(log_format: LogFormat) -> None:
    with configured(log_format) as stream:
        try:
            fail(PASSWORD)
        except RuntimeError:
            structlog.get_logger().exception("ours")
            logging.getLogger("uvicorn.error").exception("theirs")
    assert stream.getvalue().count("RuntimeError: wrong by 7") == 2
    assert PASSWORD not in stream.getvalue()


def test_elsewhere_than_on_a_terminal_lines_are_json() -> None:
    with configured("auto") as stream:
        structlog.get_logger().info("ours")
    assert logged(stream)[0]["event"] == "ours"
