"""The clock, as a value that is handed in."""

from collections.abc import Callable
from datetime import UTC, datetime

#: Answers the present moment, with its time zone.
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)
