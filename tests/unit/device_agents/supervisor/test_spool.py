import os
from pathlib import Path

import pytest

from device_agents.supervisor.spool import Spool
from tests.unit.device_agents.parts import TOKEN, a_result


def test_results_survive_a_restart_in_order(tmp_path: Path) -> None:
    written = [Spool(tmp_path).put(TOKEN, a_result(number)) for number in range(5)]
    assert list(Spool(tmp_path).pending()) == written


def test_a_delivered_result_is_forgotten(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    first, second = spool.put(TOKEN, a_result(1)), spool.put(TOKEN, a_result(2))
    spool.delivered(first.result_id)
    assert list(spool.pending()) == [second]


def test_a_rejected_result_is_kept_aside(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spooled = spool.put(TOKEN, a_result())
    spool.reject(spooled.result_id, "its summary is wrong")
    assert list(spool.pending()) == []
    assert (tmp_path / "rejected" / f"{spooled.result_id}.json").exists()


def test_a_result_that_another_agent_of_the_device_has_taken_ends_nobody(tmp_path: Path) -> None:
    ours, theirs = Spool(tmp_path), Spool(tmp_path)
    spooled = ours.put(TOKEN, a_result())
    theirs.reject(spooled.result_id, "its summary is wrong")
    ours.reject(spooled.result_id, "its summary is wrong")
    assert ours.rejected == 1


def test_a_write_that_was_cut_short_is_not_taken_for_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def power_cut(descriptor: int) -> None:
        raise OSError("the lights are out")

    monkeypatch.setattr(os, "fsync", power_cut)
    Spool(tmp_path).put(TOKEN, a_result())
    assert list(Spool(tmp_path).pending()) == []


def test_a_file_that_does_not_read_is_set_aside_and_the_others_are_delivered(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    (tmp_path / "broken.json").write_text('{"result_id": ')
    good = spool.put(TOKEN, a_result())
    assert list(spool.pending()) == [good]
    assert (tmp_path / "rejected" / "broken.json").exists()


def test_what_another_agent_of_the_device_delivered_is_no_error(tmp_path: Path) -> None:
    ours, theirs = Spool(tmp_path), Spool(tmp_path)
    first, second, third = (ours.put(TOKEN, a_result(number)) for number in range(3))
    pending = ours.pending()
    assert next(pending) == first
    theirs.delivered(first.result_id)
    theirs.delivered(second.result_id)
    ours.delivered(first.result_id)
    assert list(pending) == [third]


FULL = OSError(28, "No space left on device")


class Disk:
    """A disk that can be filled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        self._sync = os.fsync
        monkeypatch.setattr(os, "fsync", self._fsync)

    def _fsync(self, descriptor: int) -> None:
        if self.is_full:
            raise FULL
        self._sync(descriptor)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_what_a_full_disk_does_not_take_is_kept_and_leaves_no_crumbs(tmp_path: Path, disk: Disk) -> None:
    spool = Spool(tmp_path)
    on_disk = spool.put(TOKEN, a_result(1))
    disk.is_full = True
    in_memory = spool.put(TOKEN, a_result(2))
    assert list(spool.pending()) == [on_disk, in_memory]
    assert (spool.waiting, spool.unwritten) == (2, 1)
    assert not list(tmp_path.glob("*.tmp"))


def test_what_was_kept_in_memory_goes_to_the_disk_once_there_is_room(tmp_path: Path, disk: Disk) -> None:
    spool = Spool(tmp_path)
    disk.is_full = True
    kept = spool.put(TOKEN, a_result(1))
    disk.is_full = False
    spool.put(TOKEN, a_result(2))
    assert spool.unwritten == 0
    assert kept in list(Spool(tmp_path).pending())


def test_what_was_kept_in_memory_can_be_delivered_and_refused(tmp_path: Path, disk: Disk) -> None:
    spool = Spool(tmp_path)
    disk.is_full = True
    first, second = spool.put(TOKEN, a_result(1)), spool.put(TOKEN, a_result(2))
    spool.delivered(first.result_id)
    spool.reject(second.result_id, "its summary is wrong")
    assert list(spool.pending()) == []
    assert spool.waiting == 0


def test_a_rejected_result_is_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.reject(spool.put(TOKEN, a_result()).result_id, "its summary is wrong")
    assert (spool.waiting, spool.rejected) == (0, 1)


def test_what_killed_agents_left_unfinished_is_swept_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    old, young = tmp_path / "old.tmp", tmp_path / "young.tmp"
    old.touch()
    young.touch()
    os.utime(old, (0, 0))
    Spool(tmp_path)
    assert list(tmp_path.glob("*.tmp")) == [young]
