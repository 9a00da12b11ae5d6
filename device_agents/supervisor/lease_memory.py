"""LeaseMemory: the leases of this agent's life on disk, so that its next life can give back what this one lost."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import structlog

from device_agents.host.file_lock import FileLock
from latency_service.contract.messages import LeaseToken

log = structlog.get_logger()


class LeaseMemory:
    """A folder with one file a lease, locked for as long as its agent lives.

    A token whose file nobody locks is of an agent that died. It is given back, which counts no attempt - but only once:
    of an agent that dies again before it has finished a lease, the next lease is left to expire, which does count.
    So neither three power cuts fail a job, nor does a job that takes its agent down come back for ever.

    Raises:
        OSError: The folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._died = folder / "died"
        self._locks: dict[LeaseToken, FileLock] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def remember(self, token: LeaseToken) -> None:
        """Note a lease while it is worked on; on a full disk it is not noted, and would expire."""
        try:
            lock = FileLock.take(self._path(token).with_suffix(".new"))  # nobody looks for it by that name
            if lock is not None:
                lock.rename(self._path(token))
        except OSError as error:
            log.warning("a lease was not noted", lease=token, reason=str(error))
            return
        if lock is not None:
            self._locks[token] = lock

    def forget(self, token: LeaseToken) -> None:
        """Forget a lease that has ended as it should."""
        lock = self._locks.pop(token, None)
        if lock is not None:
            lock.remove()
        self._died.unlink(missing_ok=True)

    def left_over(self) -> tuple[LeaseToken, ...]:
        """Return the leases that dead agents left and that are to be given back, and forget them."""
        tokens = tuple(self._orphans())
        if not tokens:
            return ()
        if self._died.exists():
            log.warning("an agent died again in the middle of a lease, which is left to expire", leases=tokens)
            return ()
        try:
            self._died.touch()
        except OSError as error:
            log.warning("that an agent died was not noted", reason=str(error))
        return tokens

    def _orphans(self) -> Iterator[LeaseToken]:
        for path in self._folder.glob("*.lease"):
            lock = FileLock.take(path)
            if lock is not None:
                lock.remove()
                yield LeaseToken(unquote(path.stem))

    def _path(self, token: LeaseToken) -> Path:
        return self._folder / f"{quote(token, safe='')}.lease"
