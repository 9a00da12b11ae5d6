import pytest

from latency_service.contract.errors import InvalidInput
from search_client.data.fit import require_fit
from search_client.spaces.registry import make_space
from tests.unit.search_client.retraining.small_retraining import separable_images


@pytest.mark.parametrize("changes", [{}, {"resolution": 32}, {"num_classes": 10}])
def test_resolution_and_classes_must_be_the_networks(changes: dict[str, int]) -> None:
    space = make_space("proxyless-cifar", **{"resolution": 16, "num_classes": 4, **changes})
    network = space.network((0,) * len(space.blocks))
    if changes:
        with pytest.raises(InvalidInput, match="has 16 pixels and 4 classes"):
            require_fit(network, separable_images())
    else:
        require_fit(network, separable_images())
