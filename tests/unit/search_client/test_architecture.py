import json

import pytest

from latency_service.contract.errors import InvalidInput, UnknownName
from search_client.architecture import Architecture
from search_client.spaces.proxyless_imagenet import RELEASED_MOBILE_STAGE_WIDTHS
from search_client.spaces.registry import make_space

CHOICES = (0, 1, 2, 3, 4, 5, 6, 6)


@pytest.fixture
def architecture() -> Architecture:
    return Architecture.of(make_space("proxyless-cifar"), CHOICES)


def test_an_architecture_survives_json(architecture: Architecture) -> None:
    assert Architecture.from_json(architecture.to_json()) == architecture


def test_an_architecture_of_a_space_with_parameters_finds_its_space_again() -> None:
    space = make_space("proxyless-imagenet", resolution=96, stage_widths=RELEASED_MOBILE_STAGE_WIDTHS)
    architecture = Architecture.from_json(Architecture.of(space, (0,) * 21).to_json())
    assert architecture.search_space() == space
    assert architecture.network() == space.network((0,) * 21)


def test_a_dropped_block_is_told_in_the_keys_and_absent_from_the_network(architecture: Architecture) -> None:
    assert [key.split("-")[1] for key in architecture.op_keys] == ["mbconv"] * 6 + ["zero"] * 2
    assert len(architecture.network().ops) == 1 + 6 + 2


def test_choices_that_mean_other_ops_than_the_keys_are_refused(architecture: Architecture) -> None:
    stored = json.loads(architecture.to_json())
    stored["choices"][0] = 5
    with pytest.raises(InvalidInput, match="op_keys say"):
        Architecture.from_json(json.dumps(stored))


def test_an_architecture_of_an_unknown_space_is_refused(architecture: Architecture) -> None:
    stored = json.loads(architecture.to_json()) | {"space": "atlantis"}
    with pytest.raises(UnknownName, match="proxyless-cifar"):
        Architecture.from_json(json.dumps(stored))


def test_a_text_that_is_no_architecture_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no architecture"):
        Architecture.from_json('{"space": "proxyless-cifar"}')


def test_the_description_has_a_line_a_block_and_the_totals(architecture: Architecture) -> None:
    title, *lines = architecture.describe().splitlines()
    assert f"{architecture.network().parameters:,} parameters" in title
    assert len(lines) == len(CHOICES)
    assert "MBConv 3x3 e3" in lines[0]
    assert "zero" in lines[-1]
