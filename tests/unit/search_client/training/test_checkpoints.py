import json
from pathlib import Path

import pytest
import torch

from latency_service.contract.errors import InvalidInput
from search_client.training.checkpoints import FORMAT, load_latest_checkpoint, restore_latest, save_checkpoint


def test_a_tree_of_tensors_and_values_comes_back(tmp_path: Path) -> None:
    momentum = torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last)
    state = {"step": 3, "optimizer": {"state": {0: {"momentum": momentum}, 7: {}}, "groups": [{"lr": 0.1, "on": None}]}}
    save_checkpoint(tmp_path, 3, state)
    loaded = load_latest_checkpoint(tmp_path)
    assert loaded is not None
    assert torch.equal(loaded["optimizer"]["state"][0].pop("momentum"), momentum)
    del state["optimizer"]["state"][0]["momentum"]  # type: ignore[index]
    assert loaded == state


def test_an_adam_that_is_restored_steps_like_the_one_that_was_stored(tmp_path: Path) -> None:
    def make() -> tuple[torch.nn.Parameter, torch.optim.Adam]:
        parameter = torch.nn.Parameter(torch.ones(3))
        return parameter, torch.optim.Adam([parameter], lr=0.1, betas=(0.0, 0.999))

    def step(parameter: torch.nn.Parameter, optimizer: torch.optim.Adam) -> None:
        (parameter**2).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()

    one, first = make()
    step(one, first)
    save_checkpoint(tmp_path, 1, {"optimizer": first.state_dict(), "parameter": one})
    loaded = load_latest_checkpoint(tmp_path)
    assert loaded is not None
    other, second = make()
    with torch.no_grad():
        other.copy_(loaded["parameter"])
    second.load_state_dict(loaded["optimizer"])
    step(one, first)
    step(other, second)
    assert torch.equal(one, other)


def test_a_half_written_checkpoint_does_not_count(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 1, {"step": 1})
    (tmp_path / "00000002.partial").mkdir()
    assert load_latest_checkpoint(tmp_path) == {"step": 1}


def test_only_the_last_two_are_kept(tmp_path: Path) -> None:
    for step in (1, 2, 10):
        save_checkpoint(tmp_path, step, {"step": step})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00000002", "00000010"]


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert load_latest_checkpoint(tmp_path / "nowhere") is None


@pytest.mark.parametrize("file", ["state.json", "tensors.safetensors"])
def test_a_damaged_checkpoint_is_named(tmp_path: Path, file: str) -> None:
    save_checkpoint(tmp_path, 5, {"x": torch.ones(1)})
    (tmp_path / "00000005" / file).write_bytes(b"{")
    with pytest.raises(InvalidInput, match="00000005"):
        load_latest_checkpoint(tmp_path)


def test_a_checkpoint_of_another_version_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 5, {"step": 5})
    file = tmp_path / "00000005" / "state.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": FORMAT + 1}))
    with pytest.raises(InvalidInput, match=f"format {FORMAT + 1}, and this version reads format {FORMAT}"):
        load_latest_checkpoint(tmp_path)


def test_a_state_is_brought_back_or_told_apart_from_another_run_s(tmp_path: Path) -> None:
    layer = torch.nn.Linear(2, 3)
    before = layer.weight.detach().clone()
    restore_latest(tmp_path, layer)
    assert torch.equal(layer.weight, before)
    other = torch.nn.Linear(2, 3)
    save_checkpoint(tmp_path, 1, other.state_dict())
    restore_latest(tmp_path, layer)
    assert torch.equal(layer.weight, other.weight)
    with pytest.raises(InvalidInput, match="does not fit the run's settings"):
        restore_latest(tmp_path, torch.nn.Linear(2, 4))
