from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

from device_agents.graphs.lowering import lower
from device_agents.graphs.torch_graph import torch_module
from device_agents.graphs.weights import draw_weights
from latency_service.contract.conditions import BatchNorm
from latency_service.contract.keys import parse_key
from latency_service.contract.named_networks import named_network
from latency_service.contract.network import Workload


def build(workload: Workload, batch_norm: BatchNorm = "folded") -> nn.Module:
    graph = lower(workload)
    return torch_module(graph, draw_weights(graph, 0), batch_norm)


def test_a_module_is_ready_to_infer() -> None:
    module = build(named_network("mobilenet-v2", resolution=32))
    assert not any(part.training for part in module.modules())
    assert not any(parameter.requires_grad for parameter in module.parameters())


def test_separate_normalisations_stand_behind_convolutions_without_a_bias() -> None:
    module = build(named_network("mobilenet-v2", resolution=32), "separate")
    kinds = Counter(type(part) for part in module.modules())
    assert kinds[nn.BatchNorm2d] == kinds[nn.Conv2d] == 52
    assert all(part.bias is None for part in module.modules() if isinstance(part, nn.Conv2d))
    assert not any(part.training for part in module.modules())


@pytest.mark.parametrize(
    "workload",
    [
        parse_key("v1-mbconv-9x7x8-out8-k5-s1-e6-skip1-relu6"),
        parse_key("v1-conv_bn_act-8x8x3-out4-k3-s2-g1-hard_swish"),
        parse_key("v1-sep_conv-8x8x4-out6-k3-s1-d2-relu"),
        named_network("mobilenet-v2", resolution=64),
    ],
    ids=["mbconv", "conv_bn_act", "sep_conv", "network"],
)
def test_folded_and_separate_normalisations_give_the_same_output(workload: Workload) -> None:
    shape = workload.input_shape
    images = torch.randn(2, shape.channels, shape.height, shape.width, generator=torch.Generator().manual_seed(0))
    folded, separate = (build(workload, batch_norm)(images) for batch_norm in ("folded", "separate"))
    assert folded.abs().max() > 0.01
    torch.testing.assert_close(separate, folded, rtol=1e-4, atol=1e-4)


def test_normalisations_are_folded() -> None:
    kinds = Counter(type(part) for part in build(named_network("mobilenet-v2", resolution=32)).modules())
    assert kinds[nn.BatchNorm2d] == 0
    assert kinds[nn.Conv2d] == 52
    assert kinds[nn.Linear] == 1


def test_a_skip_passes_the_input_on_unharmed_by_activations_in_place() -> None:
    module = build(parse_key("v1-mbconv-6x6x4-out4-k3-s1-e1-skip1-relu6"))
    images = torch.randn(1, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    before = images.clone()
    module(images)
    assert torch.equal(images, before)


@pytest.mark.parametrize(
    ("key", "pixel", "expected"),
    [
        # the corner of ones sees 4 of 9 pixels, the middle of each edge 6
        ("v1-avg_pool-3x3x1-k3-s1", (0, 0), 1.0),
        ("v1-avg_pool-3x3x1-k3-s1", (0, 1), 1.0),
        ("v1-avg_pool-4x4x1-k3-s2", (0, 0), 1.0),
        ("v1-max_pool-3x3x1-k3-s1", (0, 0), 1.0),
    ],
)
def test_padding_takes_no_part_in_a_pool(key: str, pixel: tuple[int, int], expected: float) -> None:
    op = parse_key(key)
    images = torch.ones(1, 1, op.input_height, op.input_width)
    assert build(op)(images)[0, 0][pixel].item() == expected


def test_a_maximum_of_negative_pixels_is_negative_at_the_border_too() -> None:
    pooled = build(parse_key("v1-max_pool-4x4x1-k3-s2"))(torch.full((1, 1, 4, 4), -2.0))
    np.testing.assert_array_equal(pooled.numpy(), np.full((1, 1, 2, 2), -2.0))
