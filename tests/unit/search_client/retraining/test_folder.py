from pathlib import Path

import pytest

from latency_service.contract.errors import Conflict, NotFound
from search_client.retraining.folder import RetrainFolder
from search_client.trained_network import TrainedNetwork
from tests.unit.search_client.retraining.small_retraining import small_architecture, small_config, small_folder


def test_a_folder_tells_what_was_asked_for(tmp_path: Path) -> None:
    small_folder(tmp_path)
    folder = RetrainFolder.open(tmp_path)
    assert (folder.config, folder.architecture, folder.result) == (small_config(), small_architecture(), None)


def test_a_folder_is_used_once(tmp_path: Path) -> None:
    small_folder(tmp_path)
    with pytest.raises(Conflict, match="--resume"):
        small_folder(tmp_path)


def test_an_empty_folder_cannot_be_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="search-client retrain --output"):
        RetrainFolder.open(tmp_path)


def test_a_network_that_is_not_trained_yet_is_not_taken_for_one(tmp_path: Path) -> None:
    small_folder(tmp_path)
    with pytest.raises(NotFound, match="not been trained to its end"):
        TrainedNetwork.read(tmp_path)
