import numpy as np
import pytest
import torch
from torch import nn

from device_agents.graphs.lowering import lower
from latency_service.contract.errors import InvalidInput
from search_client.export.trained_weights import fold, trained_weights
from search_client.modules.blocks import BN_EPS
from tests.unit.search_client.export.networks import NETWORKS, WHOLE
from tests.unit.search_client.export.trained import as_if_trained


def test_folding_is_the_closed_form_with_the_layer_s_own_eps() -> None:
    convolution, norm = nn.Conv2d(1, 1, 1, bias=False), nn.BatchNorm2d(1, eps=BN_EPS)
    convolution.weight.data.fill_(4.0)
    norm.weight.data.fill_(3.0)
    norm.bias.data.fill_(0.5)
    norm.running_mean.fill_(2.0)  # type: ignore[union-attr]
    norm.running_var.fill_(0.003)  # type: ignore[union-attr]
    folded = fold(convolution, norm)
    assert folded.kernel.item() == pytest.approx(4 * 3 / 0.004**0.5)
    assert folded.bias.item() == pytest.approx(0.5 - 2 * 3 / 0.004**0.5)


def test_a_folded_convolution_computes_what_the_two_layers_do() -> None:
    module = as_if_trained(NETWORKS["conv_bn_act, grouped"])
    convolution, norm = list(module.modules())[-2:]
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    folded = fold(convolution, norm)
    images = torch.randn(3, 6, 8, 8, generator=torch.Generator().manual_seed(1))
    kernel, bias = torch.from_numpy(folded.kernel), torch.from_numpy(folded.bias)
    output = nn.functional.conv2d(images, kernel, bias, stride=2, padding=1, groups=3)
    torch.testing.assert_close(output, module(images), rtol=1e-4, atol=1e-4)


def test_every_layer_of_the_graph_gets_contiguous_float32_weights() -> None:
    graph, module = lower(WHOLE), as_if_trained(WHOLE)
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    weights = trained_weights(graph, module)
    assert weights.keys() == {layer.target.name for layer in graph.weighted_layers}
    arrays = [array for held in weights.values() for array in (held.kernel, held.bias)]
    assert all(array.dtype == np.float32 and array.flags.c_contiguous for array in arrays)


@pytest.mark.parametrize("other", ["classifier", "mbconv, skip", "conv_bn_act"])
def test_another_network_s_module_is_refused(other: str) -> None:
    with pytest.raises(InvalidInput, match=r"another network's|different networks"):
        trained_weights(lower(NETWORKS["conv_bn_act, grouped"]), as_if_trained(NETWORKS[other]))
