import math
from itertools import product

import pytest
import torch
from torch import Tensor

from latency_service.contract.errors import InvalidInput, MissingEntries
from search_client.latency.expected import ShapeMismatch, SupernetCost, expected_latency_ms
from search_client.latency.table import LatencyTable
from tests.unit.search_client.small_space import entry, made_up_ms, small_space, snapshot, table_of


@pytest.fixture
def latency() -> SupernetCost:
    return SupernetCost(small_space(), table_of(small_space()))


def random_alphas(latency: SupernetCost) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(len(row), dtype=torch.float64, generator=generator) for row in latency.blocks]


def test_the_expected_latency_is_the_mean_over_all_paths(latency: SupernetCost) -> None:
    path_probs = [alpha.softmax(0) for alpha in random_alphas(latency)]
    table, mean_ms = table_of(latency.space), 0.0
    for choices in product(*(range(len(probs)) for probs in path_probs)):
        probability = math.prod(float(probs[choice]) for probs, choice in zip(path_probs, choices, strict=True))
        mean_ms += probability * table.network_ms(latency.space.network(choices))
    assert abs(float(latency.expected(path_probs)) - mean_ms) < 1e-9


def test_the_gradient_agrees_with_finite_differences(latency: SupernetCost) -> None:
    alphas = [alpha.requires_grad_() for alpha in random_alphas(latency)]

    def expected_of(*alphas: Tensor) -> Tensor:
        return latency.expected([alpha.softmax(0) for alpha in alphas])

    assert torch.autograd.gradcheck(expected_of, alphas)


def test_the_gradient_has_its_closed_form() -> None:
    """d E / d alpha_i = p_i (F_i - E)."""
    alpha = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    latency_ms = torch.tensor([1.0, 0.0, 5.0], dtype=torch.float64)
    probs = alpha.softmax(0)
    expected = expected_latency_ms(probs, latency_ms)
    (gradient,) = torch.autograd.grad(expected, alpha)
    torch.testing.assert_close(gradient, (probs * (latency_ms - expected)).detach(), rtol=0, atol=1e-12)


def test_a_certain_path_costs_what_its_network_costs(latency: SupernetCost) -> None:
    choices = (3, 6, 0)
    certain = [
        torch.nn.functional.one_hot(torch.tensor(choice), len(row)).double()
        for choice, row in zip(choices, latency.blocks, strict=True)
    ]
    network_ms = table_of(latency.space).network_ms(latency.space.network(choices))
    assert float(latency.expected(certain)) == pytest.approx(network_ms, rel=1e-12)
    assert latency.of_path(choices) == pytest.approx(network_ms, rel=1e-12)


def test_the_range_spans_all_paths(latency: SupernetCost) -> None:
    every_path = product(*(range(len(row)) for row in latency.blocks))
    latencies = [latency.of_path(choices) for choices in every_path]
    assert list(latency.range) == pytest.approx([min(latencies), max(latencies)])


def test_single_precision_probabilities_keep_their_type(latency: SupernetCost) -> None:
    path_probs = [alpha.float().softmax(0) for alpha in random_alphas(latency)]
    assert latency.expected(path_probs).dtype == torch.float32


def test_shapes_that_do_not_belong_together_are_refused(latency: SupernetCost) -> None:
    with pytest.raises(ShapeMismatch, match="one latency a candidate"):
        expected_latency_ms(torch.ones(2) / 2, torch.ones(3))
    with pytest.raises(ShapeMismatch, match="3 blocks"):
        latency.expected([torch.ones(6) / 6])


def test_a_path_that_the_space_does_not_have_is_refused(latency: SupernetCost) -> None:
    with pytest.raises(InvalidInput):
        latency.of_path((0, 0, 7))


def test_a_table_that_lacks_some_of_the_spaces_ops_is_refused_with_all_of_them() -> None:
    space = small_space()
    table = LatencyTable(snapshot(*(entry(op, made_up_ms(op)) for op in space.ops()[:-2])))
    with pytest.raises(MissingEntries) as raised:
        SupernetCost(space, table)
    assert len(raised.value.extra["missing"]) == 2
