"""The reaper's thread: it works beside the requests for as long as the app lives."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from latency_service.services.reaping import Reaper

#: A round that hangs on a lost database does not keep the service from going.
_LONGEST_GOODBYE_S = 5.0
_log = structlog.get_logger(__name__)


@contextmanager
def reaping(reaper: Reaper, every_s: float) -> Iterator[None]:
    """Let the reaper do a round every so often; 0 is never."""
    if every_s == 0:
        yield
        return
    stopped = threading.Event()
    thread = threading.Thread(target=_do_rounds, args=(reaper, every_s, stopped), name="reaper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(_LONGEST_GOODBYE_S)


def _do_rounds(reaper: Reaper, every_s: float, stopped: threading.Event) -> None:
    while not stopped.wait(every_s):
        try:
            reaper.do_round()
        except Exception:
            _log.exception("the reaper's round failed; requests do its work until the next one")
