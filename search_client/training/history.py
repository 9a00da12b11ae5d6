"""History: what happened at each step, a JSON object a line."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from search_client.training.atomic_file import write_atomically


class History:
    """Appends records to a file; a context manager that closes it.

    Args:
        path: The file; made where it is not there.
        after_step: Where a resumed search goes on: records of later steps are dropped, they will be written again.
    """

    def __init__(self, path: Path, after_step: int) -> None:
        kept = [record for record in read_history(path) if record["step"] <= after_step]
        write_atomically(path, "".join(map(_line, kept)).encode())
        self._file = path.open("a")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, step: int, **values: Any) -> None:
        """Add one record."""
        self._file.write(_line({"step": step, **values}))

    def flush(self) -> None:
        """Bring all records to the disk: those up to a checkpoint must be there when it is."""
        self._file.flush()
        os.fsync(self._file.fileno())


def read_history(path: Path) -> list[dict[str, Any]]:
    """Return the records of a file, oldest first; a last line that was cut off by a crash is left out."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record) + "\n"
