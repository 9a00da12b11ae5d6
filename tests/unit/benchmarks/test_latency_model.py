from dataclasses import replace

import pytest

from benchmarks.latency_baselines import forest_per_kind, gradient_boosting, roofline
from benchmarks.latency_model import held_out, of_model, standing
from benchmarks.timed_ops import TimedOps
from latency_service.modelling.model import Prediction
from tests.simulated_ops import block, blocks, true_ms

ROWS = TimedOps(ops=(*blocks()[:5],), resolutions=(224, 224, 224, 160, 160), latencies_ms=(1.0,) * 5)


def test_what_is_predicted_is_never_learned_from() -> None:
    for splits in held_out(ROWS).values():
        assert all(not set(split.predicted) & set(split.learned) for split in splits)


def test_each_op_is_held_out_once_in_every_way() -> None:
    for splits in held_out(ROWS).values():
        assert sorted(place for split in splits for place in split.predicted) == [0, 1, 2, 3, 4]


def test_of_one_resolution_only_its_own_rows_are_learned_from() -> None:
    found = held_out(ROWS)
    assert found["an op, one resolution"][4].learned == (3,)
    assert [split.learned for split in found["a resolution"]] == [(3, 4), (0, 1, 2)]


def test_one_resolution_alone_is_held_out_in_one_way() -> None:
    assert list(held_out(replace(ROWS, resolutions=(224,) * 5))) == ["an op"]


def test_a_standing_tells_errors_close_ops_and_coverage() -> None:
    predictions = [Prediction(1.1, 0.9, 1.3), Prediction(0.8, 0.7, 0.9)]
    found = of_model("tflite", "an op", predictions, [1.0, 1.0])
    assert (found.mape_percent, found.close_percent, found.covered_percent) == pytest.approx((15.0, 0.0, 50.0))
    assert found.half_width_percent == pytest.approx((0.2 / 1.1 + 0.1 / 0.8) / 2 * 100)
    assert standing("tflite", "an op", "roofline", [1.05, 0.8], [1.0, 1.0]).close_percent == 50.0


def test_a_roofline_finds_a_device_that_is_bound_by_its_macs() -> None:
    ops = blocks()
    latencies = [0.05 + 2e-8 * op.macs for op in ops]
    asked = [block(20, 32, 5, 6), block(10, 20, 3, 3)]
    assert roofline(ops, latencies, asked) == pytest.approx([0.05 + 2e-8 * op.macs for op in asked], rel=0.1)


def test_trees_know_what_they_were_told() -> None:
    ops = blocks()
    latencies = [true_ms(op) for op in ops]
    for estimator in (forest_per_kind, gradient_boosting):
        assert estimator(ops, latencies, ops) == pytest.approx(latencies, rel=0.4)
