import numpy as np
import pytest

from latency_service.services.correction.anchors import Anchor
from latency_service.services.correction.design import Design, are_independent

ONE, OTHER = "v1-identity-1x8x4", "v1-identity-2x8x4"


@pytest.fixture
def design() -> Design:
    anchors = [Anchor("a", {ONE: 2, OTHER: 1}, 10.0), Anchor("b", {ONE: 4}, 5.0)]
    return Design.of({ONE: 1.0, OTHER: 3.0, "v1-identity-9x8x4": 7.0}, anchors)


def test_shares_are_entries_times_counts_over_what_was_measured(design: Design) -> None:
    assert design.op_keys == (ONE, OTHER)
    assert design.op_ms.tolist() == [[2.0, 3.0], [4.0, 0.0]]
    assert design.shares.tolist() == [[0.2, 0.3], [0.8, 0.0]]
    assert design.depths.tolist() == [3.0, 4.0]


def test_a_class_has_the_shares_of_its_ops(design: Design) -> None:
    """Both are identities, with neither kernel nor expand ratio; their heights differ."""
    assert sorted(design.class_shares.T.tolist()) == [[0.2, 0.8], [0.3, 0.0], [0.5, 0.8], [0.5, 0.8]]


def test_columns_of_work_predict_a_network_when_weighted_by_scale_and_intercept(design: Design) -> None:
    predicted = design.work(has_intercept=True) @ [2.0, 0.5] * design.measured_ms
    assert predicted.tolist() == pytest.approx([2 * 5.0 + 0.5 * 7.5, 2 * 4.0 + 0.5 * 7.5])
    assert design.work(has_intercept=False).tolist() == [[0.5], [0.8]]


def test_columns_that_say_the_same_are_not_independent() -> None:
    assert are_independent(np.array([[1.0, 2.0], [1.0, 3.0], [1.0, 4.0]]))
    assert not are_independent(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]))
    assert not are_independent(np.array([[1.0, 2.0]]))
