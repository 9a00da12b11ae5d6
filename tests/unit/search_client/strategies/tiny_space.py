"""A space of nine networks, so that all gates can be enumerated, and its supernet with uneven alphas in float64."""

from collections.abc import Callable

import torch
from torch import Tensor

from latency_service.contract.ops import Classifier, ConvBnAct, Shape
from search_client.modules.mixed_op import MixedOp
from search_client.modules.super_net import SuperNet
from search_client.spaces.mbconv_stages import Stage, searched_blocks, takes
from search_client.spaces.space import Block, SearchSpace

IMAGES = torch.randn(4, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
LABELS = torch.arange(4) % 3
ALPHAS = ((0.6, -0.2, 0.1), (-0.4, 0.3, 0.8))


def tiny_space() -> SearchSpace:
    """Return two equal blocks of two convolutions and Zero on 8x8 images."""
    stem = ConvBnAct(**takes(Shape(8, 8, 3)), out_channels=6, kernel_size=3, stride=2)
    (whole,) = searched_blocks(stem.output_shape, [Stage(6, 1, 1)])
    block = Block((whole.candidates[0], whole.candidates[3], whole.candidates[6]))
    classifier = Classifier(**takes(block.output_shape), num_classes=3)
    return SearchSpace("tiny", {}, 8, 3, (stem,), (block, block), (classifier,))


def tiny_supernet(make_mixed_op: Callable[[Block], MixedOp]) -> SuperNet:
    """Return its supernet, in training mode."""
    supernet = SuperNet(tiny_space(), torch.Generator().manual_seed(5), make_mixed_op).double()
    with torch.no_grad():
        for alpha, values in zip(supernet.arch_params(), ALPHAS, strict=True):
            alpha.copy_(torch.tensor(values))
    return supernet


def assert_mean_is(draws: Tensor, expected: Tensor) -> None:
    """Check that the mean of draws, shape (num_draws, n), is the expected one within four standard errors of each."""
    standard_error = draws.std(0) / len(draws) ** 0.5
    assert expected.abs().max() > 5 * standard_error.max()  # else this could not tell it from nothing
    assert ((draws.mean(0) - expected).abs() <= 4 * standard_error + 1e-12).all()
