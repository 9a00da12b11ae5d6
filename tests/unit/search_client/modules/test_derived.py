import pytest
import torch

from latency_service.contract.errors import InvalidInput
from search_client.modules.derived import build_network, inherit_weights
from search_client.modules.super_net import SuperNet
from tests.unit.search_client.small_space import small_space

CHOICES = (4, 6, 1)


@pytest.fixture
def trained_supernet() -> SuperNet:
    generator = torch.Generator().manual_seed(0)
    supernet = SuperNet(small_space(), generator)
    supernet.set_path(CHOICES)
    for _ in range(3):
        supernet(torch.randn(8, 3, 8, 8, generator=generator) * 2 + 1)
    return supernet


def test_a_derived_network_that_inherits_computes_what_the_supernet_does(trained_supernet: SuperNet) -> None:
    network = build_network(trained_supernet.space.network(CHOICES), torch.Generator().manual_seed(1))
    inherit_weights(network, trained_supernet, CHOICES)
    image = torch.randn(1, 3, 8, 8)
    assert torch.equal(network.eval()(image), trained_supernet.eval()(image))


def test_training_the_derived_network_leaves_the_supernet_alone(trained_supernet: SuperNet) -> None:
    network = build_network(trained_supernet.space.network(CHOICES), torch.Generator().manual_seed(1))
    inherit_weights(network, trained_supernet, CHOICES)
    before = [weight.clone() for weight in trained_supernet.weight_params()]
    with torch.no_grad():
        for param in network.parameters():
            param.add_(1.0)
    assert all(map(torch.equal, trained_supernet.weight_params(), before))


def test_a_built_network_has_the_parameters_that_its_spec_counts() -> None:
    spec = small_space().network(CHOICES)
    network = build_network(spec, torch.Generator().manual_seed(1))
    assert sum(param.numel() for param in network.parameters()) == spec.parameters


def test_choices_that_the_space_does_not_have_are_refused(trained_supernet: SuperNet) -> None:
    network = build_network(trained_supernet.space.network(CHOICES), torch.Generator().manual_seed(1))
    with pytest.raises(InvalidInput):
        inherit_weights(network, trained_supernet, (0, 7, 0))
