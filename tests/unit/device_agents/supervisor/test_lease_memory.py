from pathlib import Path

import pytest

from device_agents.host.file_lock import FileLock
from device_agents.supervisor.lease_memory import LeaseMemory
from latency_service.contract.messages import LeaseToken

A, B = LeaseToken("token-a"), LeaseToken("token-b")


def dies_with(folder: Path, token: LeaseToken) -> None:
    """Leave what an agent leaves that dies in the middle of a lease: its file, and no lock on it."""
    (folder / f"{token}.lease").write_text("4711\n")


def test_a_lease_that_ended_as_it_should_is_forgotten(tmp_path: Path) -> None:
    memory = LeaseMemory(tmp_path)
    memory.remember(A)
    memory.forget(A)
    assert LeaseMemory(tmp_path).left_over() == ()
    assert list(tmp_path.iterdir()) == []


def test_a_living_agents_lease_is_never_seen_unlocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    rename = FileLock.rename

    def watched(lock: FileLock, path: Path) -> None:
        seen.append(LeaseMemory(tmp_path).left_over())
        rename(lock, path)
        seen.append(LeaseMemory(tmp_path).left_over())

    monkeypatch.setattr(FileLock, "rename", watched)
    LeaseMemory(tmp_path).remember(A)
    assert seen == [(), ()]


def test_a_lease_that_a_dead_agent_left_is_given_back_once(tmp_path: Path) -> None:
    dies_with(tmp_path, A)
    memory = LeaseMemory(tmp_path)
    assert memory.left_over() == (A,)
    assert memory.left_over() == ()


def test_a_lease_that_is_worked_on_is_nobodys_to_give_back(tmp_path: Path) -> None:
    memory = LeaseMemory(tmp_path)
    memory.remember(A)
    assert memory.left_over() == ()
    assert LeaseMemory(tmp_path).left_over() == ()


def test_an_agent_that_dies_again_before_it_has_finished_anything_lets_its_lease_expire(tmp_path: Path) -> None:
    dies_with(tmp_path, A)
    assert LeaseMemory(tmp_path).left_over() == (A,)
    dies_with(tmp_path, B)
    assert LeaseMemory(tmp_path).left_over() == ()
    assert not list(tmp_path.glob("*.lease"))


def test_a_finished_lease_makes_up_for_a_death(tmp_path: Path) -> None:
    dies_with(tmp_path, A)
    memory = LeaseMemory(tmp_path)
    memory.left_over()
    memory.remember(B)
    memory.forget(B)
    dies_with(tmp_path, A)
    assert memory.left_over() == (A,)


def test_a_token_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    token = LeaseToken("../out/of here")
    memory = LeaseMemory(tmp_path / "leases")
    memory.remember(token)
    (file,) = (tmp_path / "leases").glob("*.lease")
    assert list(tmp_path.iterdir()) == [tmp_path / "leases"]
    file.replace(file.with_name("x"))
    (tmp_path / "leases" / file.name).touch()
    assert LeaseMemory(tmp_path / "leases").left_over() == (token,)


def test_a_full_disk_keeps_no_agent_from_working(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileLock, "take", full)
    memory = LeaseMemory(tmp_path)
    memory.remember(A)
    memory.forget(A)
    assert list(tmp_path.iterdir()) == []
