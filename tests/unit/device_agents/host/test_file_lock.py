import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from device_agents.host.file_lock import FileLock, holder_of

HOLD = """
import sys, time
from pathlib import Path
from device_agents.host.file_lock import FileLock
lock = FileLock.take(Path(sys.argv[1]))
print("held" if lock else "taken", flush=True)
time.sleep(60)
"""


def hold(path: Path) -> "subprocess.Popen[str]":
    """Hold the lock in another process, which is still there when this returns."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def test_a_lock_is_held_by_one_and_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    other = hold(path)
    try:
        assert FileLock.take(path) is None
        assert holder_of(path) == str(other.pid)
    finally:
        end(other)


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    end(hold(path))
    lock = FileLock.take(path)
    assert lock is not None
    assert holder_of(path) == str(os.getpid())


def test_a_child_of_the_holder_does_not_keep_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    lock = FileLock.take(path)
    assert lock is not None
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    lock.release()
    assert FileLock.take(path) is not None
    child.communicate(b"\n")


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    for _ in range(2):
        lock = FileLock.take(path)
        assert lock is not None
        lock.release()


def test_a_lock_is_for_agents_of_all_users(tmp_path: Path) -> None:
    umask = os.umask(0o077)
    try:
        assert FileLock.take(tmp_path / "a.lock") is not None
    finally:
        os.umask(umask)
    assert (tmp_path / "a.lock").stat().st_mode & 0o777 == 0o666


def test_a_link_that_somebody_has_put_there_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.lock").symlink_to(tmp_path / "precious")
    (tmp_path / "precious").write_text("data")
    with pytest.raises(OSError, match=r"a\.lock"):
        FileLock.take(tmp_path / "a.lock")
    assert (tmp_path / "precious").read_text() == "data"


def test_a_lock_on_a_full_disk_holds_and_does_not_say_whose_it_is(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        lock = FileLock.take(tmp_path / "a.lock")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert lock is not None
    assert FileLock.take(tmp_path / "a.lock") is None
    assert holder_of(tmp_path / "a.lock") == "?"


def test_a_removed_lock_leaves_no_file(tmp_path: Path) -> None:
    lock = FileLock.take(tmp_path / "a.lock")
    assert lock is not None
    lock.remove()
    assert list(tmp_path.iterdir()) == []
