"""LastWords: the end of what a child says on stderr."""

import os
import threading
from typing import IO

_KEPT_BYTES = 1500
_CHUNK_BYTES = 4096
_WAIT_S = 1.0


class LastWords:
    """Hears a pipe to its end and keeps the last of it: that needs no disk, which may be full, and stays small.

    Args:
        pipe: Read by nobody else; closed at its end.
    """

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._kept = b""
        self._listener = threading.Thread(target=self._listen, daemon=True, name="stderr")
        self._listener.start()

    def wait(self) -> None:
        """Wait for the end of the pipe, after the death of who speaks; a process that it left may hold it open."""
        self._listener.join(_WAIT_S)

    def text(self) -> str:
        """Return what was said last, once whoever said it is dead."""
        self.wait()
        return self._kept.decode(errors="replace").strip()

    def _listen(self) -> None:
        with self._pipe:
            while chunk := os.read(self._pipe.fileno(), _CHUNK_BYTES):
                self._kept = (self._kept + chunk)[-_KEPT_BYTES:]
