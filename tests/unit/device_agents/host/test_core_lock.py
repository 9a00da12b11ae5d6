from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from device_agents.host.core_lock import CoresTaken, PhoneTaken, cores_held, default_lock_dir, phones_held
from tests.unit.device_agents.host.test_file_lock import end, hold


def test_a_core_of_another_agent_is_refused_naming_its_pid_and_what_is_free(tmp_path: Path) -> None:
    other = hold(tmp_path / "device-agent-core-3.lock")
    try:
        with pytest.raises(CoresTaken, match=rf"core 3 .* pid {other.pid}; .*free now: 0,1"), held(tmp_path, 2, 3):
            pass
    finally:
        end(other)


def test_where_one_core_is_taken_the_others_are_let_go(tmp_path: Path) -> None:
    with held(tmp_path, 3):
        with pytest.raises(CoresTaken, match="core 3"), held(tmp_path, 2, 3):
            pass
        with held(tmp_path, 2):
            pass


def test_disjoint_cores_are_held_side_by_side(tmp_path: Path) -> None:
    with held(tmp_path, 0, 1), held(tmp_path, 2):
        pass


def test_where_all_cores_are_taken_there_is_nothing_to_offer(tmp_path: Path) -> None:
    with (
        held(tmp_path, 0, 1, 2, 3),
        pytest.raises(CoresTaken, match="nothing else is free"),
        held(tmp_path, 3),
    ):
        pass


def test_a_host_that_cannot_pin_has_one_agent(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(CoresTaken, match="host is held"), held(tmp_path):
        pass
    with held(tmp_path):
        pass


def test_a_phone_is_driven_by_one_agent(tmp_path: Path) -> None:
    with phones_held(["192.168.1.7:5555"], tmp_path), phones_held(["R5CT"], tmp_path):
        with pytest.raises(PhoneTaken, match="phone R5CT"), phones_held(["other", "R5CT"], tmp_path):
            pass
        with phones_held(["other"], tmp_path):
            pass


def test_the_default_folder_exists() -> None:
    assert default_lock_dir().is_dir()


def held(folder: Path, *cores: int) -> AbstractContextManager[None]:
    return cores_held(cores, (0, 1, 2, 3), folder)
