from pathlib import Path

import pytest

from latency_service.contract.errors import Conflict, InvalidInput, NotFound
from search_client.training.run_folder import RunFolder
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


def test_a_config_that_was_spoilt_by_hand_is_named(tmp_path: Path) -> None:
    small_folder(tmp_path)
    (tmp_path / "config.json").write_text('{"batch_size": -1}')
    with pytest.raises(InvalidInput, match=r"config\.json"):
        _ = RunFolder.open(tmp_path).config
