import math

import torch
from torch import nn

from search_client.modules.initialise import initialise


def test_convolutions_are_he_normal_by_fan_out_depthwise_ones_too() -> None:
    dense, depthwise = nn.Conv2d(64, 256, 3), nn.Conv2d(256, 256, 7, groups=256)
    initialise(nn.Sequential(dense, depthwise), torch.Generator().manual_seed(0))
    for layer, kernel_size in ((dense, 3), (depthwise, 7)):
        expected = math.sqrt(2 / (256 * kernel_size**2))
        assert abs(layer.weight.std().item() / expected - 1) < 0.03


def test_linear_layers_are_uniform_with_a_zero_bias() -> None:
    layer = nn.Linear(400, 100)
    initialise(layer, torch.Generator().manual_seed(0))
    assert 0.049 < layer.weight.abs().max().item() <= 0.05
    assert not layer.bias.any()


def test_the_generator_alone_decides_the_weights() -> None:
    first, second = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)
    for layer in (first, second):
        initialise(layer, torch.Generator().manual_seed(5))
    assert torch.equal(first.weight, second.weight)
