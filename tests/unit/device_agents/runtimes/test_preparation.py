import numpy as np

from device_agents.runtimes.preparation import MAX_INPUT_BYTES, MAX_INPUTS, draw_inputs
from latency_service.contract.ops import Shape


def test_inputs_are_random_and_all_different() -> None:
    inputs = draw_inputs(Shape(5, 6, 3), batch_size=2, seed=0)
    assert len(inputs) == MAX_INPUTS
    assert {images.shape for images in inputs} == {(2, 3, 5, 6)}
    assert {images.dtype for images in inputs} == {np.dtype(np.float32)}
    assert len({images.tobytes() for images in inputs}) == MAX_INPUTS
    assert all(np.count_nonzero(images) == images.size for images in inputs)


def test_the_same_seed_draws_the_same_inputs() -> None:
    first, second = (draw_inputs(Shape(2, 2, 2), 1, seed=5) for _ in range(2))
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_large_inputs_are_fewer() -> None:
    half = Shape(MAX_INPUT_BYTES // 4 // 1024 // 2, 1024, 1)
    assert len(draw_inputs(half, batch_size=1, seed=0)) == 2


def test_an_input_beyond_the_bound_is_drawn_once() -> None:
    beyond = Shape(MAX_INPUT_BYTES // 4 // 1024 + 1, 1024, 1)
    assert len(draw_inputs(beyond, batch_size=1, seed=0)) == 1
