from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from latency_service.contract.errors import InvalidInput
from search_client.commands import data_sets
from search_client.commands.data_sets import load_for
from search_client.data.dataset import ImageSet
from search_client.data.registry import load_data_set
from search_client.trained_network import TrainedNetwork
from search_client.training.run_folder import RunFolder
from tests.unit.search_client.training.small_run import small_images

OWN: dict[str, Any] = {"resolution": 64, "workers": 2}


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        (None, None, ("image-folder", OWN)),
        ("image-folder", None, ("image-folder", OWN)),
        (None, ["workers=0"], ("image-folder", {"resolution": 64, "workers": 0})),
        ("digits", None, ("digits", {})),
    ],
)
def test_a_network_s_own_data_set_is_loaded_as_it_was_trained_on(
    trained_run: RunFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str | None,
    given: list[str] | None,
    expected: tuple[str, dict[str, Any]],
) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def load(name: str, cache_dir: Path, **params: Any) -> ImageSet:
        asked.append((name, params))
        return load_data_set("digits", cache_dir)

    monkeypatch.setattr(data_sets, "load_data_set", load)
    trained = replace(TrainedNetwork.read(trained_run.path), data_set="image-folder", data_set_params=OWN)
    load_for(trained, name, given, tmp_path)
    assert asked == [expected]


def test_a_data_set_of_other_images_is_refused(
    trained_run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_sets, "load_data_set", lambda *_: small_images())
    with pytest.raises(InvalidInput, match=r"32 pixels and tells 10 classes.* 'small' has 16 pixels and 4 classes"):
        load_for(TrainedNetwork.read(trained_run.path), "digits", None, tmp_path)
