"""The reference itself, against torch.nn.functional and against values worked out by hand."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from device_agents.graphs.weights import LayerWeights
from latency_service.contract.ops import Activation
from tests.unit.device_agents.graphs.reference import activate, convolve, pool


@pytest.mark.parametrize(
    ("kernel_size", "stride", "dilation", "groups"),
    [(1, 1, 1, 1), (3, 1, 1, 1), (3, 2, 1, 1), (5, 2, 1, 4), (3, 1, 2, 2), (3, 2, 2, 4), (7, 3, 1, 1)],
)
def test_convolve_is_torchs_convolution(kernel_size: int, stride: int, dilation: int, groups: int) -> None:
    generator = np.random.default_rng(0)
    x = generator.standard_normal((2, 4, 8, 7))
    kernel = generator.standard_normal((8, 4 // groups, kernel_size, kernel_size)).astype(np.float32)
    bias = generator.standard_normal(8).astype(np.float32)
    padding = dilation * (kernel_size - 1) // 2
    expected = functional.conv2d(
        torch.from_numpy(x),
        torch.from_numpy(kernel.astype(np.float64)),
        torch.from_numpy(bias.astype(np.float64)),
        stride,
        padding,
        dilation,
        groups,
    )
    np.testing.assert_allclose(
        convolve(x, LayerWeights(kernel, bias), stride, dilation, groups), expected.numpy(), atol=1e-10
    )


def test_an_average_leaves_padding_out() -> None:
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    averages = pool(x, 3, 2, np.mean)[0, 0]
    # the corner sees 0 1 4 5, the next window 1 2 3 5 6 7, and so on
    np.testing.assert_allclose(averages, [[2.5, 4.0], [8.5, 10.0]])


def test_a_maximum_leaves_padding_out() -> None:
    x = -1.0 - np.arange(16.0).reshape(1, 1, 4, 4)
    np.testing.assert_array_equal(pool(x, 3, 2, np.max)[0, 0], [[-1, -2], [-5, -6]])


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("relu", [0, 0, 0, 1, 8]),
        ("relu6", [0, 0, 0, 1, 6]),
        ("hard_swish", [0, -1 / 3, 0, 2 / 3, 8]),
        ("none", [-4, -1, 0, 1, 8]),
    ],
)
def test_activations(activation: Activation, expected: list[float]) -> None:
    np.testing.assert_allclose(activate(np.array([-4.0, -1, 0, 1, 8]), activation), expected)
