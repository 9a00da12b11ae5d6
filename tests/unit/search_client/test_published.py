import pytest

from latency_service.contract.errors import UnknownName
from latency_service.contract.named_networks import named_network
from search_client.published import published_architecture


@pytest.mark.parametrize("name", ["proxyless-gpu", "proxyless-cpu", "proxyless-mobile", "proxyless-mobile-14"])
def test_a_released_network_is_an_architecture_of_its_space(name: str) -> None:
    assert published_architecture(name).network() == named_network(name)


def test_it_can_be_made_for_other_images() -> None:
    network = published_architecture("proxyless-mobile", resolution=64, num_classes=7).network()
    assert network == named_network("proxyless-mobile", resolution=64, num_classes=7)


def test_a_network_of_no_search_space_is_refused() -> None:
    with pytest.raises(UnknownName, match="proxyless-cpu"):
        published_architecture("mobilenet-v2")
