"""What a table says where its snapshot carries a correction."""

import math
from itertools import product

import pytest
import torch
from torch import Tensor

from latency_service.contract.messages import Snapshot
from latency_service.contract.network import NetworkSpec
from search_client.latency.column_table import ColumnTable
from search_client.latency.count_table import CountTable
from search_client.latency.expected import SupernetCost
from search_client.latency.table import Correcting, LatencyTable
from tests.unit.search_client.corrections import (
    HELD_OUT_PERCENT,
    NAIVE_PERCENT,
    corrected,
    corrected_ms,
    correction,
    own_factors,
)
from tests.unit.search_client.small_space import made_up_ms, small_space, table_of

SPACE = small_space()
NETWORK = SPACE.network((1, 6, 2))
FACTORS = own_factors(SPACE)
INTERCEPT_MS = 0.037
CORRECTION = correction(factors=FACTORS, intercept_ms=INTERCEPT_MS)


@pytest.fixture
def snapshot() -> Snapshot:
    return corrected(table_of(SPACE).snapshot, factors=FACTORS, intercept_ms=INTERCEPT_MS)


def brute_force_ms(network: NetworkSpec) -> float:
    return INTERCEPT_MS + sum(corrected_ms(CORRECTION, op, made_up_ms(op)) for op in network.ops)


def random_probs(cost: SupernetCost) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(len(row), dtype=torch.float64, generator=generator).softmax(0) for row in cost.blocks]


def test_an_op_counts_as_its_factor_says_and_otherwise_as_the_scale_does(snapshot: Snapshot) -> None:
    ops = SPACE.ops()
    expected = [corrected_ms(CORRECTION, op, made_up_ms(op)) for op in ops]
    assert LatencyTable(snapshot).of(ops).tolist() == pytest.approx(expected, rel=1e-12)
    scaled = {op for op in ops if corrected_ms(CORRECTION, op, 1.0) == CORRECTION.scale}
    assert 0 < len(scaled) < len(ops)


def test_a_network_takes_the_intercept_and_what_its_ops_add(snapshot: Snapshot) -> None:
    table = LatencyTable(snapshot)
    assert table.intercept_ms == table.intercept == INTERCEPT_MS
    assert table.network_ms(NETWORK) == pytest.approx(brute_force_ms(NETWORK), rel=1e-12)


@pytest.mark.parametrize(
    ("correcting", "factor", "intercept_ms", "error_percent"),
    [("scale", 1.1, INTERCEPT_MS, None), ("none", 1.0, 0.0, NAIVE_PERCENT)],
)
def test_a_correction_can_be_left_aside_in_part_or_whole(
    snapshot: Snapshot, correcting: Correcting, factor: float, intercept_ms: float, error_percent: float | None
) -> None:
    table = LatencyTable(snapshot, correcting)
    plain_ms = sum(map(made_up_ms, NETWORK.ops))
    assert table.network_ms(NETWORK) == pytest.approx(intercept_ms + factor * plain_ms, rel=1e-12)
    assert (table.intercept_ms, table.network_error_percent) == (intercept_ms, error_percent)
    assert table.is_anchored


def test_the_error_is_that_of_networks_which_the_correction_has_not_seen(snapshot: Snapshot) -> None:
    assert LatencyTable(snapshot).network_error_percent == HELD_OUT_PERCENT
    one_scale = corrected(snapshot)
    assert LatencyTable(one_scale, "scale").network_error_percent == HELD_OUT_PERCENT


def test_a_table_without_anchors_counts_its_entries_as_they_are_and_promises_nothing() -> None:
    snapshot = table_of(SPACE).snapshot
    for correcting in ("full", "scale", "none"):
        table = LatencyTable(snapshot, correcting)
        assert table.network_ms(NETWORK) == pytest.approx(sum(map(made_up_ms, NETWORK.ops)), rel=1e-12)
        assert (table.is_anchored, table.additivity, table.network_error_percent) == (False, None, None)
        assert table.intercept_ms == 0.0


def test_the_verdict_of_the_anchors_is_the_table_s() -> None:
    snapshot = corrected(table_of(SPACE).snapshot, additivity="launch_bound")
    assert LatencyTable(snapshot).additivity == LatencyTable(snapshot, "none").additivity == "launch_bound"


def test_the_interval_lies_around_the_corrected_sum_and_is_as_wide_as_factors_make_it(snapshot: Snapshot) -> None:
    half_widths = [0.02 * corrected_ms(CORRECTION, op, made_up_ms(op)) for op in NETWORK.ops]
    assert len(set(NETWORK.ops)) == len(NETWORK.ops)
    half_width, total = math.hypot(*half_widths), brute_force_ms(NETWORK)
    assert LatencyTable(snapshot).network_ci_ms(NETWORK) == pytest.approx((total - half_width, total + half_width))


def test_the_expected_latency_is_the_mean_of_all_networks_corrected(snapshot: Snapshot) -> None:
    cost = SupernetCost(SPACE, LatencyTable(snapshot))
    path_probs, mean_ms = random_probs(cost), 0.0
    for choices in product(*(range(len(probs)) for probs in path_probs)):
        probability = math.prod(float(probs[choice]) for probs, choice in zip(path_probs, choices, strict=True))
        mean_ms += probability * brute_force_ms(SPACE.network(choices))
    assert abs(float(cost.expected(path_probs)) - mean_ms) < 1e-6


def test_path_range_and_a_certain_path_are_those_of_corrected_networks(snapshot: Snapshot) -> None:
    cost = SupernetCost(SPACE, LatencyTable(snapshot))
    every_path = list(product(*(range(len(row)) for row in cost.blocks)))
    latencies_ms = [brute_force_ms(SPACE.network(choices)) for choices in every_path]
    assert [cost.of_path(choices) for choices in every_path] == pytest.approx(latencies_ms, rel=1e-12)
    assert cost.range == pytest.approx((min(latencies_ms), max(latencies_ms)), rel=1e-12)


def test_the_gradient_over_a_corrected_table_agrees_with_finite_differences(snapshot: Snapshot) -> None:
    cost = SupernetCost(SPACE, LatencyTable(snapshot))
    alphas = [probs.log().requires_grad_() for probs in random_probs(cost)]
    step = 1e-6

    def expected_ms(of_alphas: list[Tensor]) -> Tensor:
        return cost.expected([alpha.softmax(0) for alpha in of_alphas])

    gradients = torch.autograd.grad(expected_ms(alphas), alphas)
    for block, alpha in enumerate(alphas):
        for place in range(len(alpha)):
            moved = [each.detach().clone() for each in alphas]
            moved[block][place] += step
            above = float(expected_ms(moved))
            moved[block][place] -= 2 * step
            difference = (above - float(expected_ms(moved))) / (2 * step)
            assert float(gradients[block][place]) == pytest.approx(difference, abs=1e-9)
    assert max(float(gradient.abs().max()) for gradient in gradients) > 1e-4


def test_other_costs_have_no_intercept() -> None:
    assert CountTable("macs").intercept == 0.0
    assert ColumnTable(source="here", column="energy_mj", costs={}).intercept == 0.0
