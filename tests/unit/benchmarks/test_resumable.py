import os
import time
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from benchmarks.resumable import Work, results

QUIET = Console(quiet=True)


def noted(log: str, value: int) -> int:
    """Return ten times the value, and note in the log that it was asked for."""
    if value < 0:
        raise ValueError("negative")
    with Path(log).open("a") as file:
        file.write(f"{value}\n")
    return 10 * value


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def asleep(log: str) -> None:
    """Sleep longer than any test lasts, after leaving one's pid."""
    Path(f"{log}.new").write_text(str(os.getpid()))
    Path(f"{log}.new").rename(log)
    time.sleep(600)


def failing(log: str) -> None:
    """Fail once somebody sleeps."""
    while not Path(log).exists():
        time.sleep(0.01)
    raise ValueError("failed")


def work(log: Path, **values: int) -> dict[str, Work]:
    return {name: (noted, (str(log), value)) for name, value in values.items()}


def test_what_is_known_is_not_computed_again(tmp_path: Path, log: Path) -> None:
    assert results(work(log, a=1), tmp_path, "x", 1, QUIET) == {"a": 10}
    assert results(work(log, b=2, a=1), tmp_path, "x", 1, QUIET) == {"b": 20, "a": 10}
    assert log.read_text().split() == ["1", "2"]


def test_other_arguments_or_circumstances_are_another_computation(tmp_path: Path, log: Path) -> None:
    assert results(work(log, a=1), tmp_path, "x", 1, QUIET) == {"a": 10}
    assert results(work(log, a=2), tmp_path, "x", 1, QUIET) == {"a": 20}
    assert results(work(log, a=1), tmp_path, "y", 1, QUIET) == {"a": 10}
    assert log.read_text().split() == ["1", "2", "1"]


def test_what_was_done_before_a_failure_is_kept(tmp_path: Path, log: Path) -> None:
    with pytest.raises(ValueError, match="negative"):
        results(work(log, a=1, b=-1), tmp_path, "x", 1, QUIET)
    assert results(work(log, a=1), tmp_path, "x", 1, QUIET) == {"a": 10}
    assert log.read_text().split() == ["1"]


def test_a_failure_ends_what_is_still_computed(tmp_path: Path, log: Path) -> None:
    both: dict[str, Work] = {"a": (asleep, (str(log),)), "b": (failing, (str(log),))}
    with pytest.raises(ValueError, match="failed"):
        results(both, tmp_path, "x", 2, QUIET)
    assert not psutil.pid_exists(int(log.read_text()))
