"""Deadlines: waiting for what other threads and processes do."""

import time
from collections.abc import Callable

_POLL_S = 0.02


def eventually(condition: Callable[[], bool], within_s: float = 60.0) -> None:
    """Return once the condition holds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {within_s:g} s"
        time.sleep(_POLL_S)
