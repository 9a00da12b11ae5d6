import json
from pathlib import Path

import pytest

from latency_service.contract.errors import Conflict, InvalidInput, NotFound
from search_client.training.run_folder import RunFolder
from tests.unit.search_client.report.finished_runs import finished_run, verify
from tests.unit.search_client.training.small_run import small_config, small_folder, small_snapshot


def test_config_and_pinned_snapshot_come_back(tmp_path: Path) -> None:
    small_folder(tmp_path / "deep" / "run")
    folder = RunFolder.open(tmp_path / "deep" / "run")
    assert folder.config == small_config()
    assert folder.snapshots == (small_snapshot(),)


def test_a_run_is_never_overwritten(tmp_path: Path) -> None:
    small_folder(tmp_path)
    with pytest.raises(Conflict, match="--resume"):
        small_folder(tmp_path)


def test_a_folder_without_a_run_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="holds no run"):
        RunFolder.open(tmp_path)


def test_what_an_unfinished_search_lacks_is_said(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    assert folder.result is None
    assert folder.verifications == (None,)
    with pytest.raises(NotFound, match=r"architecture\.json.*--resume"):
        _ = folder.architecture


def test_a_run_from_before_tables_were_corrected_is_still_read(tmp_path: Path) -> None:
    folder = finished_run(tmp_path, (0, 6, 0, 6, 6, 0, 6, 6))
    verify(folder, 0.5)
    for name, newer in (
        ("config.json", ("accept_not_additive",)),
        ("snapshots/0.json", ("correction",)),
        ("result.json", ("promises", 0, "network_error_percent")),
        ("verifications/0.json", ("network_error_percent",)),
    ):
        remove(tmp_path / name, newer)
    folder = RunFolder.open(tmp_path)
    assert not folder.config.accept_not_additive
    assert folder.snapshots[0].correction is None
    assert folder.result is not None
    assert folder.result.promises[0].network_error_percent is None
    assert folder.verifications[0] is not None


def remove(path: Path, place: tuple[str | int, ...]) -> None:
    """Take a member out of a JSON file."""
    content = json.loads(path.read_text())
    node = content
    for step in place[:-1]:
        node = node[step]
    del node[place[-1]]
    path.write_text(json.dumps(content))


def test_a_config_that_was_spoilt_by_hand_is_named(tmp_path: Path) -> None:
    small_folder(tmp_path)
    (tmp_path / "config.json").write_text('{"batch_size": -1}')
    with pytest.raises(InvalidInput, match=r"config\.json"):
        _ = RunFolder.open(tmp_path).config


def test_two_processes_cannot_train_in_one_folder(tmp_path: Path) -> None:
    folder, same = small_folder(tmp_path), RunFolder.open(tmp_path)
    with folder.locked(), pytest.raises(Conflict, match="another process trains"), same.locked():
        pass
    with same.locked():
        pass
