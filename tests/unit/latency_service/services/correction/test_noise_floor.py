import numpy as np
import pytest

from latency_service.services.correction.anchors import Anchor
from latency_service.services.correction.noise_floor import noise_floor_percent, noise_of_intervals_percent

OPS = {"v1-identity-1x8x4": 1}


def anchors(*pairs: tuple[float, float | None]) -> list[Anchor]:
    return [Anchor(str(number), OPS, *pair) for number, pair in enumerate(pairs)]


def test_a_session_that_is_slower_throughout_has_no_noise() -> None:
    assert noise_floor_percent(anchors(*((1.1 * each, each) for each in (1.0, 2.0, 3.0, 4.0, 5.0)))) == 0.0


def test_what_is_left_without_the_common_factor_counts() -> None:
    ratios = (1.02, 1 / 1.02, 1.02, 1 / 1.02, 1.0)
    found = noise_floor_percent(anchors(*((7 * ratio, 5.0) for ratio in ratios)))
    assert found == pytest.approx(100 * (2 * 0.02 + 2 * (1 - 1 / 1.02)) / 5, rel=1e-5)


def test_it_takes_five_anchors_with_a_second_session() -> None:
    twice = [(1.0, 1.1)] * 4
    assert noise_floor_percent(anchors(*twice, (1.0, None), (1.0, None))) is None
    assert noise_floor_percent(anchors(*twice, (1.0, 1.1), (9.0, None))) == pytest.approx(0.0, abs=1e-9)


def test_intervals_tell_what_a_second_session_would() -> None:
    """Of normal noise, whose interval of 95 % reaches 1.96 deviations to either side."""
    drawn = np.random.default_rng(0).normal(1.0, 0.02, (20_000, 2))
    twice = [Anchor("", OPS, newest, earlier, half_width=1.96 * 0.02) for newest, earlier in drawn.tolist()]
    assert noise_of_intervals_percent(twice) == pytest.approx(noise_floor_percent(twice), rel=0.02)


def test_without_intervals_there_is_no_noise_to_be_told() -> None:
    assert noise_of_intervals_percent(anchors((1.0, None), (2.0, None))) == 0.0
