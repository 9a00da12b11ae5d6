import pytest

from latency_service.contract.errors import InvalidInput
from search_client.training.config import SearchConfig
from tests.unit.search_client.training.small_run import small_config


def test_a_config_comes_back_from_its_json() -> None:
    config = small_config(space_params={"width_mult": 0.5})
    assert SearchConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(("name", "value"), [("targets", ()), ("alpha_share", 1.5), ("colour", "red"), ("seed", -1)])
def test_a_setting_that_cannot_be_is_named(name: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=name):
        small_config(**{name: value})


@pytest.mark.parametrize(
    ("changes", "name"),
    [({"batch_size": 20, "accumulate": 3}, "accumulate"), ({"search_epochs": 2, "rest_epochs": 2}, "rest_epochs")],
)
def test_settings_that_do_not_fit_together_are_named(changes: dict[str, int], name: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        small_config(**changes)
