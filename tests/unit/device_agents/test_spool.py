import os
from pathlib import Path

import pytest

from device_agents.spool import Spool
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


def test_a_write_that_was_cut_short_is_not_taken_for_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def power_cut(descriptor: int) -> None:
        raise OSError("the lights are out")

    monkeypatch.setattr(os, "fsync", power_cut)
    with pytest.raises(OSError, match="lights"):
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
