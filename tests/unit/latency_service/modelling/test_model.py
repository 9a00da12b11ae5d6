import math

import numpy as np
import pytest

from latency_service.contract.keys import parse_key
from latency_service.modelling.limits import LEAST_ROWS, MOST_ROWS, TooFewRows
from latency_service.modelling.model import LatencyModel
from tests.simulated_ops import block, blocks, timed_ms, true_ms


@pytest.fixture(scope="module")
def model() -> LatencyModel:
    return LatencyModel(blocks(), timed_ms(blocks(), seed=0))


def test_ops_between_those_timed_are_predicted_within_the_noise(model: LatencyModel) -> None:
    asked = blocks(sizes=(10, 20), channels=(20, 32))
    errors = [abs(found.latency_ms / true_ms(op) - 1) for found, op in zip(model.predict(asked), asked, strict=True)]
    assert max(errors) < 0.05
    assert sum(errors) / len(errors) < 0.02


def test_an_op_far_from_those_timed_is_predicted_by_its_work(model: LatencyModel) -> None:
    far = block(112, 24, 3, 6)
    (found,) = model.predict([far])
    assert found.latency_ms == pytest.approx(true_ms(far), rel=0.15)


def test_intervals_hold_a_new_measurement_as_often_as_they_say() -> None:
    """Tables of 40 ops, drawn alike from 162, and 40 others: four standard errors of about the tables' number."""
    grid = blocks(sizes=(7, 10, 14, 20, 28, 40), channels=(16, 24, 40, 64, 96))[:160]
    hits: list[bool] = []
    for seed in range(12):
        order = np.random.default_rng(seed).permutation(len(grid))
        ops, latencies = [grid[place] for place in order], np.array(timed_ms(grid, seed))[order]
        found = LatencyModel(ops[:40], latencies[:40].tolist()).predict(ops[40:80])
        hits += [each.low_ms <= truth <= each.high_ms for each, truth in zip(found, latencies[40:80], strict=True)]
    assert 0.9 - 4 * math.sqrt(0.9 * 0.1 / (12 * 10)) < sum(hits) / len(hits) < 0.97


def test_an_interval_encloses_what_is_predicted(model: LatencyModel) -> None:
    asked = blocks(sizes=(3, 112), channels=(8, 320))
    assert all(0 < each.low_ms <= each.latency_ms <= each.high_ms for each in model.predict(asked))


def test_the_order_of_rows_does_not_matter() -> None:
    ops, latencies = blocks(), timed_ms(blocks(), seed=1)
    asked = [block(10, 20, 5, 3)]
    turned = LatencyModel(ops[::-1], latencies[::-1]).predict(asked)
    assert turned == LatencyModel(ops, latencies).predict(asked)


def test_too_few_rows_are_refused() -> None:
    ops = blocks()[: LEAST_ROWS - 1]
    with pytest.raises(TooFewRows, match=rf"19 op\(s\) are timed, and a latency model needs {LEAST_ROWS}"):
        LatencyModel(ops, timed_ms(ops, seed=0))


def test_a_kind_that_was_never_timed_is_named(model: LatencyModel) -> None:
    assert model.unknown_family(block(9, 9, 3, 2)) is None
    assert model.unknown_family(parse_key("v1-classifier-7x7x1280-out1000")) == "classifier"
    swish = block(14, 24, 3, 6).model_copy(update={"activation": "hard_swish"})
    assert model.unknown_family(swish) == "mbconv with hard_swish"


def test_what_is_timed_is_known_better_than_what_is_not(model: LatencyModel) -> None:
    near, far = np.diag(model.log_covariance([blocks()[0], block(112, 320, 7, 6)]))
    assert 0 <= near < far


def test_a_size_that_never_varied_makes_an_op_of_another_uncertain() -> None:
    ops = [op for op in blocks(channels=(16, 20, 24, 32, 40, 48)) if op.kernel_size == 3]
    model = LatencyModel(ops, timed_ms(ops, seed=0))
    like, unlike = model.predict([block(14, 28, 3, 6), block(14, 28, 7, 6)])
    assert math.log(unlike.high_ms / unlike.low_ms) > 1.5 * math.log(like.high_ms / like.low_ms)


def test_a_large_table_is_represented_by_some_of_its_rows() -> None:
    ops = blocks(sizes=(7, 8, 9, 10, 12, 14), channels=range(8, 80, 8))
    assert len(ops) > MOST_ROWS
    assert LatencyModel(ops, timed_ms(ops, seed=0)).rows == MOST_ROWS
