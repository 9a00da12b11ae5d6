"""What can be said of a search's targets before it starts."""

from typing import Any

import pytest

from latency_service.contract.errors import InvalidInput
from latency_service.contract.ops import MBConv, OpSpec
from search_client.derivation import NothingFits
from search_client.latency.additive import NotAdditive
from search_client.latency.cost_table import CostTable
from search_client.latency.count_table import CountTable
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.constrained import Bound, ConstrainedLoss
from search_client.latency.table import LatencyTable
from search_client.spaces.registry import make_space
from search_client.training.targets import CountTarget
from search_client.training.terms import feasible_terms
from tests.unit.search_client.corrections import corrected
from tests.unit.search_client.small_space import made_up_ms, table_of
from tests.unit.search_client.training.small_run import (
    SPACE_PARAMS,
    board_target,
    small_config,
    small_images,
    target_ms,
)

SPACE = make_space("proxyless-cifar", **SPACE_PARAMS)
BOARD = table_of(SPACE)


def dearer_where_cheap(op: OpSpec) -> float:
    """Return a latency that is high where the board's is low."""
    return 1 / (100 * made_up_ms(op)) if isinstance(op, MBConv) else made_up_ms(op)


def bounds(tables: list[CostTable], **changes: Any) -> list[Bound]:
    terms = feasible_terms(small_config(**changes), tables, small_images())
    losses = [term.loss for term in terms]
    assert all(isinstance(loss, ConstrainedLoss) for loss in losses)
    return [loss.bound for loss in losses if isinstance(loss, ConstrainedLoss)]


def test_one_target_is_to_be_met_from_both_sides() -> None:
    assert bounds([BOARD]) == ["equal"]


def test_several_targets_are_limits_unless_the_worst_alone_counts() -> None:
    two = (board_target(target_ms(0.5)),) * 2
    assert bounds([BOARD, BOARD], targets=two) == ["at-most", "at-most"]
    assert bounds([BOARD, BOARD], targets=two, combination="worst") == ["equal", "equal"]


def test_another_cost_makes_a_latency_a_limit_too() -> None:
    macs = CountTarget(count="macs", target=SPACE.network([0] * len(SPACE.blocks)).macs)
    assert bounds([BOARD, CountTable("macs")], costs=(macs,)) == ["at-most", "at-most"]


def test_a_bound_that_somebody_asks_for_is_kept() -> None:
    two = (board_target(target_ms(0.5)),) * 2
    assert bounds([BOARD, BOARD], targets=two, loss_params={"bound": "equal"}) == ["equal", "equal"]
    assert bounds([BOARD], loss_params={"bound": "at-most"}) == ["at-most"]


def test_targets_that_can_be_kept_one_by_one_alone_are_refused_together() -> None:
    other = table_of(SPACE, dearer_where_cheap)
    least = sum(
        min(map(dearer_where_cheap, block.candidates[:6])) for block in SPACE.blocks if len(block.candidates) == 6
    )
    tight = (board_target(target_ms(0.02)), board_target(1.1 * least))
    for target, table in zip(tight, (BOARD, other), strict=True):
        feasible_terms(small_config(targets=(target,)), [table], small_images())
    with pytest.raises(NothingFits, match=r"keeps .* ms on board onnxruntime and .* ms on board onnxruntime"):
        feasible_terms(small_config(targets=tight), [BOARD, other], small_images())
    feasible_terms(small_config(targets=tight, derivation="argmax"), [BOARD, other], small_images())


def test_momentum_that_two_path_gates_cannot_have_is_refused_before_a_warm_up() -> None:
    with pytest.raises(InvalidInput, match="alpha_betas"):
        feasible_terms(small_config(alpha_betas=(0.5, 0.999)), [BOARD], small_images())
    params = {"gates": "full"}
    feasible_terms(small_config(alpha_betas=(0.5, 0.999), strategy_params=params), [BOARD], small_images())


def test_sums_that_are_no_latencies_are_searched_on_only_where_that_is_accepted() -> None:
    useless = LatencyTable(corrected(BOARD.snapshot, additivity="not_additive"))
    with pytest.raises(NotAdditive, match="--accept-not-additive"):
        feasible_terms(small_config(), [useless], small_images())
    (term,) = feasible_terms(small_config(accept_not_additive=True), [useless], small_images())
    assert term.cost.range == pytest.approx([1.1 * limit for limit in SupernetCost(SPACE, BOARD).range])


def test_a_target_that_the_intercept_alone_puts_out_of_reach_is_refused() -> None:
    _, dearest = SupernetCost(SPACE, BOARD).range
    slow_start = LatencyTable(corrected(BOARD.snapshot, scale=1.0, intercept_ms=dearest))
    with pytest.raises(InvalidInput, match="theirs lie between"):
        feasible_terms(small_config(), [slow_start], small_images())


def test_a_count_that_no_network_has_is_refused_with_the_range() -> None:
    few = CountTarget(count="parameters", target=10)
    with pytest.raises(InvalidInput, match=r"costs 10 parameters on parameters: theirs lie between"):
        feasible_terms(small_config(costs=(few,)), [BOARD, CountTable("parameters")], small_images())
