from itertools import pairwise

import pytest

from latency_service.services.anchoring import spread


@pytest.mark.parametrize(("ops", "anchors"), [(120, 10), (7, 3), (3, 7), (10, 10), (1, 1)])
def test_equal_runs_of_the_queue_hold_equally_many_anchors(ops: int, anchors: int) -> None:
    op_keys, anchor_keys = [f"op{number}" for number in range(ops)], [f"anchor{number}" for number in range(anchors)]
    order = spread([*op_keys, *anchor_keys], anchor_keys)
    assert sorted(order) == sorted((*op_keys, *anchor_keys))
    assert [key for key in order if key in op_keys] == op_keys
    places = [order.index(key) for key in anchor_keys]
    assert places == sorted(places)
    gaps = [after - before for before, after in pairwise((-1 - places[0], *places))]
    assert max(gaps[1:], default=0) - min(gaps[1:], default=0) <= 1


def test_all_anchors_come_along_whichever_are_asked_for() -> None:
    assert spread(["a", "b"], ["x", "y"]) == ["a", "x", "b", "y"]
    assert spread(["a", "y", "b"], ["x", "y"]) == ["a", "x", "b", "y"]
    assert spread(["y"], ["x", "y"]) == ["x", "y"]


def test_without_anchors_the_order_stays() -> None:
    assert spread(["b", "a", "c"], ()) == ["b", "a", "c"]
