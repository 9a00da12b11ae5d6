import numpy as np
import pytest

from device_agents.graphs.batch_norm import EPSILON, unfold
from device_agents.graphs.weights import LayerWeights


def held(*shape: int) -> LayerWeights:
    generator = np.random.default_rng(0)
    kernel = generator.standard_normal(shape, dtype=np.float32)
    return LayerWeights(kernel, generator.standard_normal(shape[0], dtype=np.float32))


@pytest.mark.parametrize("shape", [(5, 3, 3, 3), (8, 1, 5, 5), (2, 7, 1, 1)])
def test_folding_gives_the_weights_back(shape: tuple[int, ...]) -> None:
    folded = held(*shape)
    parts = unfold(folded)
    factor = parts.scale / np.sqrt(parts.variance + EPSILON)
    np.testing.assert_allclose(parts.kernel * factor[:, None, None, None], folded.kernel, rtol=1e-5)
    np.testing.assert_allclose(parts.shift - parts.mean * factor, folded.bias, rtol=1e-5, atol=1e-6)


def test_the_normalisation_has_something_to_do() -> None:
    parts = unfold(held(16, 4, 3, 3))
    assert all(np.ptp(statistic) > 0.1 for statistic in (parts.scale, parts.shift, parts.mean, parts.variance))
    assert parts.variance.min() > 0


def test_the_same_weights_are_unfolded_alike() -> None:
    first, second = (unfold(held(4, 4, 1, 1)) for _ in range(2))
    np.testing.assert_array_equal(first.kernel, second.kernel)


def test_all_parts_are_float32() -> None:
    parts = unfold(held(4, 4, 1, 1))
    assert {part.dtype for part in vars(parts).values()} == {np.dtype(np.float32)}
