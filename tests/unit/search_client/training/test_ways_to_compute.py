"""Whole searches under the settings that say how they are computed and scheduled."""

from pathlib import Path
from typing import Any

import pytest
import torch

from search_client.training.checkpoints import load_latest_checkpoint
from search_client.training.history import read_history
from search_client.training.progress import SearchInterrupted
from search_client.training.run_folder import RunFolder
from search_client.training.search_run import SearchRun
from tests.unit.search_client.training.small_run import Recording, small_folder, small_images


def run(folder: RunFolder, stop_after: int | None = None) -> dict[str, Any]:
    SearchRun(folder, small_images(), Recording(stop_after).watcher).run()
    state = load_latest_checkpoint(folder.checkpoints)
    assert state is not None
    return state


@pytest.mark.parametrize("changes", [{"amp": "fp16"}, {"amp": "bf16", "accumulate": 3, "channels_last": False}])
def test_a_search_in_half_precision_is_resumed_to_the_bit(tmp_path: Path, changes: dict[str, object]) -> None:
    settings = {"batch_size": 18, "fine_tune_epochs": 0, "settle_steps": 0, **changes}
    unbroken, broken = (small_folder(tmp_path / name, **settings) for name in ("unbroken", "broken"))
    expected = run(unbroken)
    with pytest.raises(SearchInterrupted):
        run(broken, stop_after=13)
    given = run(broken)
    assert [n for n, tensor in expected["supernet"].items() if not torch.equal(tensor, given["supernet"][n])] == []
    assert expected["compute"] == given["compute"]
    assert unbroken.result is not None
    assert unbroken.result.skipped_steps == expected["compute"]["skipped_steps"]
    assert read_history(unbroken.history)[-1]["loss"] < read_history(unbroken.history)[0]["loss"]


def test_offloading_changes_nothing_but_the_place(tmp_path: Path) -> None:
    states = [run(small_folder(tmp_path / str(offload), offload=offload)) for offload in (False, True)]
    plain, offloaded = (state["supernet"] for state in states)
    assert [name for name, tensor in plain.items() if not torch.equal(tensor, offloaded[name])] == []


def test_the_architecture_rests_in_the_first_epochs_of_the_search(tmp_path: Path) -> None:
    folder = small_folder(tmp_path, rest_epochs=1, fine_tune_epochs=0, settle_steps=0)
    run(folder)
    assert [record["step"] for record in read_history(folder.alphas)] == [18, 20, 22, 24]
