from pathlib import Path

import pytest

from search_client.commands.retrain_config import make_retrain_config


def test_the_searchs_data_set_goes_before_the_preset_and_behind_a_file(tmp_path: Path) -> None:
    of_search = {"data_set": "digits"}
    alone = make_retrain_config("imagenet", "proxyless-cifar", of_search, None, {}, {})
    assert (alone.data_set, alone.epochs) == ("digits", 300)
    file = tmp_path / "settings.toml"
    file.write_text('data_set = "fashion-mnist"\n')
    assert make_retrain_config(None, "proxyless-cifar", of_search, file, {}, {}).data_set == "fashion-mnist"
    told = make_retrain_config(None, "proxyless-cifar", of_search, file, {"data_set": "cifar10"}, {})
    assert told.data_set == "cifar10"


@pytest.mark.parametrize(("space", "epochs"), [("proxyless-cifar", 20), ("proxyless-imagenet-mobile", 150)])
def test_without_a_preset_the_spaces_own_one_counts(space: str, epochs: int) -> None:
    assert make_retrain_config(None, space, {}, None, {}, {}).epochs == epochs
