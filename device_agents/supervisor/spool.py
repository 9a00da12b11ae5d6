"""Spool: results on disk from before their upload until the service has them; they survive kill -9 and a power cut."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from latency_service.contract.messages import JobResult, LeaseToken

log = structlog.get_logger()

_UNFINISHED_S = 3600.0


class SpooledResult(BaseModel):
    """A result, the lease that it belongs to, and the id under which it is uploaded however often."""

    model_config = ConfigDict(frozen=True)

    result_id: UUID
    token: LeaseToken
    result: JobResult


class Spool:
    """A folder with one file a result; `rejected/` in it holds what the service refused.

    Two agents of one device share it: either may deliver what the other has measured. What a full disk does not take
    is kept in memory and offered to the disk again.

    Raises:
        OSError: The folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rejected = folder / "rejected"
        self._unwritten: dict[UUID, SpooledResult] = {}
        self._rejected.mkdir(parents=True, exist_ok=True)
        self._sweep()

    def put(self, token: LeaseToken, result: JobResult) -> SpooledResult:
        """Write a result; it is on the disk when this returns, or in memory where the disk does not take it."""
        spooled = SpooledResult(result_id=uuid4(), token=token, result=result)
        self._unwritten[spooled.result_id] = spooled
        self._write_the_unwritten()
        return spooled

    def pending(self) -> Iterator[SpooledResult]:
        """Yield what has not been delivered, oldest first; a file that does not read is moved aside."""
        self._write_the_unwritten()
        for path in sorted(self._folder.glob("*.json"), key=_written_ns):
            try:
                yield SpooledResult.model_validate_json(path.read_bytes())
            except FileNotFoundError:
                log.info("another agent of this device delivered a result", file=str(path))
            except ValidationError as error:
                self._set_aside(path, f"it does not read: {error}")
        yield from tuple(self._unwritten.values())

    @property
    def unwritten(self) -> int:
        """How many results are in memory alone, because the disk does not take them."""
        return len(self._unwritten)

    @property
    def waiting(self) -> int:
        """How many results have not been delivered."""
        return sum(1 for _ in self._folder.glob("*.json")) + self.unwritten

    @property
    def rejected(self) -> int:
        """How many results the service has refused since the folder was last cleared."""
        return sum(1 for _ in self._rejected.glob("*.json"))

    def delivered(self, result_id: UUID) -> None:
        """Forget a result that the service has."""
        self._unwritten.pop(result_id, None)
        self._path(result_id).unlink(missing_ok=True)

    def reject(self, result_id: UUID, reason: str) -> None:
        """Move a result that the service refused aside, for a person to look at."""
        unwritten = self._unwritten.pop(result_id, None)
        if unwritten is None:
            self._set_aside(self._path(result_id), reason)
        else:  # no disk to set it aside on: the log is all there is
            log.error("a result was refused", reason=reason, result=unwritten.model_dump_json())

    def _write_the_unwritten(self) -> None:
        for spooled in tuple(self._unwritten.values()):
            try:
                self._write(spooled)
            except OSError as error:
                kept = len(self._unwritten)
                log.error("results cannot be spooled and are kept in memory", kept=kept, reason=str(error))
                return
            del self._unwritten[spooled.result_id]

    def _write(self, spooled: SpooledResult) -> None:
        path = self._path(spooled.result_id)
        unfinished = path.with_suffix(".tmp")
        try:
            with unfinished.open("w") as file:
                file.write(spooled.model_dump_json())
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError:
            with suppress(OSError):  # on a full disk every block counts; the reason is what has been raised
                unfinished.unlink()
            raise
        _sync_folder(self._folder)

    def _set_aside(self, path: Path, reason: str) -> None:
        target = self._rejected / path.name
        try:
            path.replace(target)
        except FileNotFoundError:
            log.info("another agent of this device took a result", file=str(path))
            return
        log.error("a result was set aside", file=str(target), reason=reason)

    def _sweep(self) -> None:
        """Delete what agents that were killed while they wrote have left; a young file may be one being written."""
        for path in self._folder.glob("*.tmp"):
            if _written_ns(path) / 1e9 < time.time() - _UNFINISHED_S:
                path.unlink(missing_ok=True)

    def _path(self, result_id: UUID) -> Path:
        return self._folder / f"{result_id}.json"


def _written_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
