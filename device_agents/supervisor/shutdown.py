"""Shutdown: the first request drains the agent, the second ends it at once."""

import queue
from collections.abc import Callable

_SLICE_S = 5.0


class Shutdown:
    """Counts the requests to stop. `request` may be called from a signal handler; all else from the main thread.

    Args:
        on_wait: Called every few seconds of a wait.
    """

    def __init__(self, on_wait: Callable[[], None] = lambda: None) -> None:
        self._on_wait = on_wait
        self._requests: queue.SimpleQueue[None] = queue.SimpleQueue()  # its put is re-entrant; an Event's set is not
        self._count = 0

    def request(self) -> None:
        """Ask to stop; ask again to stop at once."""
        self._requests.put(None)

    def wait(self, seconds: float) -> None:
        """Sleep, but wake up when a request comes."""
        while seconds > 0:
            self._on_wait()
            try:
                self._requests.get(timeout=min(seconds, _SLICE_S))
            except queue.Empty:
                seconds -= _SLICE_S
            else:
                self._count += 1
                return

    @property
    def is_draining(self) -> bool:
        """Say whether no new work may be begun."""
        return self._collected() >= 1

    @property
    def is_aborting(self) -> bool:
        """Say whether present work is to be dropped too."""
        return self._collected() >= 2

    def _collected(self) -> int:
        while not self._requests.empty():
            self._requests.get_nowait()
            self._count += 1
        return self._count
