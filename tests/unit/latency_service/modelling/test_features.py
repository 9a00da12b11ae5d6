import math

import numpy as np
import pytest

from latency_service.contract.keys import parse_key
from latency_service.modelling.features import COSTS, FEATURES, cost_matrix, family, feature_matrix, features

BLOCK = parse_key("v1-mbconv-8x8x10-out20-k5-s2-e3-skip0-relu6")
CLASSIFIER = parse_key("v1-classifier-7x7x1280-out1000")


def test_a_blocks_features_follow_from_its_shape() -> None:
    found = features(BLOCK)
    macs = 10 * 30 * 64 + 25 * 30 * 16 + 30 * 20 * 16
    weight_bytes = 4 * (300 + 750 + 600)
    moved_bytes = 4 * (640 + 1920 + 1920 + 480 + 480 + 320)
    assert found == pytest.approx(
        dict.fromkeys(FEATURES, 0.0)
        | {"is_mbconv": 1.0, "has_relu6": 1.0}
        | {
            "log_pixels": math.log(16),
            "log_in_channels": math.log(10),
            "log_out_channels": math.log(20),
            "log_hidden_channels": math.log(30),
            "log_kernel_size": math.log(5),
            "log_stride": math.log(2),
            "log_expand_ratio": math.log(3),
            "log_macs": math.log(macs),
            "log_weight_bytes": math.log(weight_bytes),
            "log_moved_bytes": math.log(moved_bytes),
            "log_intensity": math.log(macs / (weight_bytes + moved_bytes)),
        }
    )


def test_a_classifier_has_the_resolution_of_what_it_pools() -> None:
    assert features(CLASSIFIER)["log_pixels"] == pytest.approx(math.log(49))


def test_an_op_without_work_has_features_too() -> None:
    found = feature_matrix([parse_key("v1-zero-8x8x4"), parse_key("v1-identity-8x8x4")])
    assert np.isfinite(found).all()


def test_columns_are_those_asked_for() -> None:
    found = feature_matrix([BLOCK, CLASSIFIER], ["is_mbconv", "log_in_channels"])
    assert found == pytest.approx(np.array([[1, math.log(10)], [0, math.log(1280)]]))


def test_costs_are_amounts_of_each_kind_of_work() -> None:
    found = dict(zip(COSTS, cost_matrix([BLOCK])[0], strict=True))
    assert found == dict.fromkeys(COSTS, 0.0) | {
        "ops": 1.0,
        "pointwise_macs": 10 * 30 * 64 + 30 * 20 * 16,
        "depthwise_macs": 25 * 30 * 16,
        "depthwise_macs_window_5": 25 * 30 * 16,
        "weight_bytes": 4 * 1650,
        "moved_bytes": 4 * 5760,
        "depthwise_moved_bytes": 4 * 2400,
    }


@pytest.mark.parametrize(("window", "counted"), [(3, (1, 1, 0, 0)), (5, (1, 0, 1, 0)), (7, (1, 0, 0, 1))])
def test_a_window_may_cost_more_than_others(window: int, counted: tuple[int, ...]) -> None:
    (row,) = cost_matrix([parse_key(f"v1-mbconv-8x8x10-out20-k{window}-s1-e3-skip0-relu6")])
    macs = window**2 * 30 * 64
    first = COSTS.index("depthwise_macs")
    assert row[first : first + 4].tolist() == [each * macs for each in counted]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("v1-mbconv-8x8x10-out20-k5-s2-e3-skip0-hard_swish", "mbconv with hard_swish"),
        ("v1-avg_pool-8x8x16-k3-s2", "avg_pool"),
    ],
)
def test_a_family_is_a_kind_and_its_activation(key: str, expected: str) -> None:
    assert family(parse_key(key)) == expected
