from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from latency_service.contract.errors import InvalidInput, NotFound
from search_client.architecture import Architecture
from search_client.trained_network import TrainedNetwork, search_of
from search_client.training.run_folder import RunFolder
from tests.unit.search_client.trained_folder import CHOICES, SPACE


def test_a_run_s_network_comes_back_with_its_weights_and_statistics(trained_run: RunFolder) -> None:
    trained = TrainedNetwork.read(trained_run.path)
    assert trained.architecture == Architecture.of(SPACE, CHOICES)
    assert (trained.data_set, trained.module.training) == ("digits", False)
    assert trained.search is not None
    stored = load_file(trained_run.path / "weights.safetensors")
    held = trained.module.state_dict()
    assert held.keys() == stored.keys()
    assert all(torch.equal(held[name], stored[name]) for name in stored)
    assert any("running_mean" in name and bool(stored[name].any()) for name in stored)


def test_the_folder_of_a_retraining_is_none_of_a_search(run_copy: Path) -> None:
    (run_copy / "snapshots" / "0.json").unlink()
    (run_copy / "snapshots").rmdir()
    (run_copy / "config.json").write_text(
        '{"data_set": "image-folder", "data_set_params": {"resolution": 64}, "epochs": 300}'
    )
    trained = TrainedNetwork.read(run_copy)
    assert (trained.data_set, trained.data_set_params) == ("image-folder", {"resolution": 64})
    assert (trained.search, search_of(run_copy)) == (None, None)


@pytest.mark.parametrize("name", ["architecture.json", "weights.safetensors", "config.json"])
def test_a_folder_that_lacks_a_file_says_which(run_copy: Path, name: str) -> None:
    (run_copy / name).unlink()
    with pytest.raises(NotFound, match=name):
        TrainedNetwork.read(run_copy)


def test_another_network_s_weights_are_refused(run_copy: Path) -> None:
    other = Architecture.of(SPACE, [0] * len(CHOICES))
    (run_copy / "architecture.json").write_text(other.to_json())
    with pytest.raises(InvalidInput, match=r"does not hold the weights of architecture\.json"):
        TrainedNetwork.read(run_copy)


@pytest.mark.parametrize(("name", "content"), [("weights.safetensors", "torn"), ("config.json", "{}")])
def test_a_damaged_file_is_named(run_copy: Path, name: str, content: str) -> None:
    (run_copy / name).write_text(content)
    with pytest.raises(InvalidInput, match=name):
        TrainedNetwork.read(run_copy)
