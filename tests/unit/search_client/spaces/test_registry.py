import pytest

from latency_service.contract.errors import UnknownName
from search_client.spaces.registry import SPACES, make_space


@pytest.mark.parametrize("name", SPACES)
def test_every_space_is_rebuilt_from_its_own_name_and_params(name: str) -> None:
    space = make_space(name, num_classes=7)
    assert make_space(space.name, **space.params) == space
    assert space.name == name


def test_an_unknown_space_lists_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="cifar-ops, proxyless-cifar, proxyless-imagenet"):
        make_space("darts")
