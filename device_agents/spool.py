"""Spool: results on disk from before their upload until the service has them; they survive kill -9 and a power cut."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from latency_service.contract.messages import JobResult, LeaseToken

log = structlog.get_logger()


class SpooledResult(BaseModel):
    """A result, the lease that it belongs to, and the id under which it is uploaded however often."""

    model_config = ConfigDict(frozen=True)

    result_id: UUID
    token: LeaseToken
    result: JobResult


class Spool:
    """A folder with one file a result; `rejected/` in it holds what the service refused.

    Two agents of one device share it: either may deliver what the other has measured.

    Raises:
        OSError: The folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rejected = folder / "rejected"
        self._rejected.mkdir(parents=True, exist_ok=True)

    def put(self, token: LeaseToken, result: JobResult) -> SpooledResult:
        """Write a result; it is on the disk when this returns."""
        spooled = SpooledResult(result_id=uuid4(), token=token, result=result)
        path = self._path(spooled.result_id)
        unfinished = path.with_suffix(".tmp")
        with unfinished.open("w") as file:
            file.write(spooled.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync_folder(self._folder)
        return spooled

    def pending(self) -> Iterator[SpooledResult]:
        """Yield what has not been delivered, oldest first; a file that does not read is moved aside."""
        for path in sorted(self._folder.glob("*.json"), key=_written_ns):
            try:
                yield SpooledResult.model_validate_json(path.read_bytes())
            except FileNotFoundError:
                log.info("another agent of this device delivered a result", file=str(path))
            except ValidationError as error:
                self._set_aside(path, f"it does not read: {error}")

    def delivered(self, result_id: UUID) -> None:
        """Forget a result that the service has."""
        self._path(result_id).unlink(missing_ok=True)

    def reject(self, result_id: UUID, reason: str) -> None:
        """Move a result that the service refuses aside, for a person to look at."""
        self._set_aside(self._path(result_id), reason)

    def _set_aside(self, path: Path, reason: str) -> None:
        target = self._rejected / path.name
        path.replace(target)
        log.error("a result was set aside", file=str(target), reason=reason)

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
