"""FileLock: a lock that the kernel releases when its holder dies, however it dies."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path


class FileLock:
    """A file locked by this process; the holder's pid is written into it, for people.

    Children do not inherit it: Python's file descriptors are closed in what it starts.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path) -> "FileLock | None":
        """Return the lock, or None where somebody else holds it.

        Raises:
            OSError: The file cannot be made or opened.
        """
        descriptor = _open(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        with suppress(OSError):  # on a full disk the lock holds all the same; it does not say whose it is
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(path, descriptor)

    def release(self) -> None:
        """Let others take the lock; the file stays, so that all who look for it lock the same one."""
        os.close(self._descriptor)

    def rename(self, path: Path) -> None:
        """Give the locked file another name, under which it is locked from the first moment on.

        Raises:
            OSError: It cannot be renamed.
        """
        self._path.rename(path)
        self._path = path

    def remove(self) -> None:
        """Release the lock and delete its file, where nobody waits for it."""
        self._path.unlink(missing_ok=True)
        self.release()


def holder_of(path: Path) -> str:
    """Return the pid in a lock's file, or a question mark where it cannot be read."""
    try:
        return path.read_text().strip() or "?"
    except OSError:
        return "?"


def _open(path: Path) -> int:
    """Open a lock's file, which may be another user's.

    Raises:
        OSError: It cannot be opened.
    """
    try:
        return os.open(path, os.O_RDWR | os.O_NOFOLLOW)  # no O_CREAT: Linux refuses it for others' files in /tmp
    except FileNotFoundError:
        pass
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CREAT | os.O_EXCL)
    except FileExistsError:  # somebody was quicker
        return os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    os.fchmod(descriptor, 0o666)  # whatever the umask: agents of other users lock it too
    return descriptor
