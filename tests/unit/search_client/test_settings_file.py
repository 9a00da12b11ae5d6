from pathlib import Path

import pytest

from latency_service.contract.errors import InvalidInput, NotFound
from search_client.settings_file import as_toml, read_settings
from search_client.training.config import SearchConfig
from tests.unit.search_client.training.small_run import small_config


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"image_limit": 12, "warmup_lr": 0.5},
        {"image_limit": None, "data_set_params": {"subset": None}},
        {"strategy_params": {"a": {"b": [1, None]}}, "amp": "bf16"},
    ],
)
def test_a_config_comes_back_from_its_toml(tmp_path: Path, changes: dict[str, object]) -> None:
    config = small_config(**changes)
    (tmp_path / "search.toml").write_text(as_toml(config))
    assert SearchConfig.checked(**read_settings(tmp_path / "search.toml")) == config


def test_a_config_comes_back_from_the_file_that_a_run_keeps(tmp_path: Path) -> None:
    config = small_config()
    (tmp_path / "config.json").write_text(config.model_dump_json())
    assert SearchConfig.checked(**read_settings(tmp_path / "config.json")) == config


@pytest.mark.parametrize(
    ("name", "text"), [("a.toml", "batch_size = = 3"), ("a.json", "{"), ("b.json", "[1]"), ("c.toml", "x = '\x00'")]
)
def test_a_file_that_is_no_settings_is_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidInput, match=name):
        read_settings(tmp_path / name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        read_settings(tmp_path / "nowhere.toml")
