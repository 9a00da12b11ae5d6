"""The core lock: one agent a core, whoever's agent it is; agents on disjoint cores run side by side."""

import re
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from device_agents.host.file_lock import FileLock, holder_of
from latency_service.contract.errors import LatencyError

_SHARED = Path("/run/lock")


class CoresTaken(LatencyError):
    """Another agent of this machine measures there already; two would spoil each other's timings."""

    code = "cores_taken"


class PhoneTaken(LatencyError):
    """Another agent of this machine drives that phone already."""

    code = "phone_taken"


def default_lock_dir() -> Path:
    """Return a folder that all users of this machine can write and that a restart of the machine may empty."""
    is_everyones = _SHARED.is_dir() and _SHARED.stat().st_mode & stat.S_IWOTH
    return _SHARED if is_everyones else Path(tempfile.gettempdir())


@contextmanager
def cores_held(cores: tuple[int, ...], allowed: tuple[int, ...], folder: Path) -> Iterator[None]:
    """Hold cores while the body runs, all or none; where the host cannot tell them apart, hold the whole host.

    Args:
        cores: To be held.
        allowed: The cores that this process could use instead, for the message.
        folder: Where the locks are.

    Raises:
        CoresTaken: Another process holds one of them; the message names it, and the cores that are free.
        OSError: The folder cannot be written.
    """
    with ExitStack() as held:
        for name in [f"core {core}" for core in cores] or ["host"]:
            pid = _take(name, folder, held)
            if pid is not None:
                raise CoresTaken(f"{name} is held by the agent with pid {pid}; {_advice(cores, allowed, folder)}")
        yield


@contextmanager
def phones_held(serials: Iterable[str], folder: Path) -> Iterator[None]:
    """Hold phones while the body runs.

    Raises:
        PhoneTaken: Another process holds one of them.
        OSError: The folder cannot be written.
    """
    with ExitStack() as held:
        for serial in serials:
            pid = _take(f"phone {serial}", folder, held)
            if pid is not None:
                raise PhoneTaken(f"phone {serial} is driven by the agent with pid {pid}; leave it to one of the two")
        yield


def _take(name: str, folder: Path, held: ExitStack) -> str | None:
    """Take a lock until `held` ends; where somebody else has it, return the pid."""
    folder.mkdir(parents=True, exist_ok=True)
    path = _path(name, folder)
    lock = FileLock.take(path)
    if lock is None:
        return holder_of(path)
    held.callback(lock.release)
    return None


def _advice(cores: tuple[int, ...], allowed: tuple[int, ...], folder: Path) -> str:
    free = [core for core in allowed if core not in cores and _is_free(f"core {core}", folder)]
    if free:
        return f"end that one, or measure on others with --cores; free now: {','.join(map(str, free))}"
    return "end that one first; nothing else is free"


def _is_free(name: str, folder: Path) -> bool:
    with ExitStack() as held:
        return _take(name, folder, held) is None


def _path(name: str, folder: Path) -> Path:
    return folder / f"device-agent-{re.sub(r'[^A-Za-z0-9.-]', '-', name)}.lock"
