"""UnreadableImages: the images that could not be decoded, each named once in the log and counted."""

import logging
from collections.abc import Iterable

_log = logging.getLogger(__name__)


class UnreadableImages:
    """What one reader had to leave out.

    Attributes:
        skipped: How often an image was left out; one that comes up every epoch counts every time.
    """

    def __init__(self) -> None:
        self.skipped = 0
        self._named: set[str] = set()

    def note(self, messages: Iterable[str]) -> None:
        """Count images by what was wrong with them, and log those that are new."""
        for message in messages:
            self.skipped += 1
            if message not in self._named:
                self._named.add(message)
                _log.warning("%s; skipped, as were %d before it", message, len(self._named) - 1)
