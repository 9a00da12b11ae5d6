import math

import pytest

from latency_service.contract.errors import InvalidInput
from latency_service.contract.ops import MBConv, Shape, Zero
from search_client.spaces.mbconv_stages import Stage, scaled_width, searched_blocks


@pytest.mark.parametrize(
    ("channels", "width_mult", "expected"),
    [(32, 1.0, 32), (16, 0.5, 8), (24, 1.4, 32), (16, 1.4, 24), (3, 1.0, 8), (24, 0.35, 8), (40, 0.7, 32)],
)
def test_widths_are_scaled_to_multiples_of_eight(channels: int, width_mult: float, expected: int) -> None:
    assert scaled_width(channels, width_mult) == expected


@pytest.mark.parametrize("width_mult", [0.35, 0.5, 0.75, 1.0, 1.3, 1.4])
def test_rounding_never_loses_more_than_a_tenth_of_the_width(width_mult: float) -> None:
    assert all(scaled_width(channels, width_mult) >= 0.9 * channels * width_mult for channels in range(8, 400, 8))


@pytest.mark.parametrize("width_mult", [0.0, -1.0, math.nan, math.inf])
def test_a_width_that_is_none_is_refused(width_mult: float) -> None:
    with pytest.raises(InvalidInput, match="width_mult"):
        scaled_width(32, width_mult)


def test_the_first_block_of_a_stage_alone_has_its_stride_and_no_zero() -> None:
    first, second = searched_blocks(Shape(16, 16, 8), [Stage(12, 2, 2)])
    assert [type(op) for op in first.candidates] == [MBConv] * 6
    assert [type(op) for op in second.candidates] == [MBConv] * 6 + [Zero]
    assert first.output_shape == second.output_shape == Shape(8, 8, 12)


def test_the_candidates_are_three_kernels_times_two_expand_ratios_with_a_skip_where_one_fits() -> None:
    (block,) = searched_blocks(Shape(16, 16, 8), [Stage(8, 1, 1)])
    found = [(op.kernel_size, op.expand_ratio, op.has_skip) for op in block.candidates if isinstance(op, MBConv)]
    assert found == [(3, 3, True), (3, 6, True), (5, 3, True), (5, 6, True), (7, 3, True), (7, 6, True)]
