"""The mathematics of the two-path update, and TwoPathMixedOp against enumeration, all in float64."""

import pytest
import torch
from torch import Tensor

from search_client.modules.initialise import initialise
from search_client.strategies.proxyless_gradient import (
    TwoPathMixedOp,
    alpha_gradient,
    pair_probs,
    rescale_pair,
    sample_pair,
)
from tests.unit.search_client.small_space import small_space


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def mixed_op(generator: torch.Generator) -> TwoPathMixedOp:
    mixed_op = TwoPathMixedOp(small_space().blocks[1])
    initialise(mixed_op, generator)
    with torch.no_grad():
        mixed_op.alpha.copy_(torch.tensor([0.5, -0.3, 0.8, 0.0, -0.6, 0.2, 0.4]))
    return mixed_op.double()


X = torch.randn(4, 6, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def task_loss(y: Tensor) -> Tensor:
    """Return a loss whose gradient depends on which op is active."""
    return (y - 0.5).pow(2).mean() * 10


def test_pairs_are_drawn_without_replacement_by_their_probabilities(generator: torch.Generator) -> None:
    probs, draws = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64), 4000
    pairs = torch.stack([sample_pair(probs, generator) for _ in range(draws)])
    assert (pairs[:, 0] != pairs[:, 1]).all()
    share = (pairs == 2).any(1).double().mean()  # the last one is drawn first, or behind one of the others
    expected = 0.2 + 0.5 * 0.2 / 0.5 + 0.3 * 0.2 / 0.7
    assert abs(share - expected) < 4 * (expected * (1 - expected) / draws) ** 0.5


def test_the_pairs_probabilities_are_renormalised() -> None:
    alpha = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
    pair = torch.tensor([3, 0])
    probs = alpha.softmax(0)[pair]
    torch.testing.assert_close(pair_probs(alpha, pair), probs / probs.sum())


def test_the_gate_gradient_becomes_the_alphas_by_the_softmaxs_jacobian() -> None:
    alpha = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    gate_gradient = torch.tensor([0.7, -0.2, 1.5], dtype=torch.float64)
    (expected,) = torch.autograd.grad((alpha.softmax(0) * gate_gradient).sum(), alpha)
    torch.testing.assert_close(alpha_gradient(gate_gradient, alpha.detach().softmax(0)), expected)


def test_a_constant_added_to_all_gate_gradients_changes_nothing() -> None:
    probs, gate_gradient = torch.tensor([0.2, 0.8]), torch.tensor([1.0, -1.0])
    torch.testing.assert_close(alpha_gradient(gate_gradient + 3, probs), alpha_gradient(gate_gradient, probs))


@pytest.mark.parametrize("size", [1.0, 500.0])
def test_rescaling_keeps_the_probabilities_of_the_unsampled(size: float, generator: torch.Generator) -> None:
    before = size * torch.randn(7, dtype=torch.float64, generator=generator)
    pair = torch.tensor([4, 1])
    after = before.index_add(0, pair, torch.tensor([0.3, -0.1], dtype=torch.float64))
    rescaled = rescale_pair(before, after, pair)
    unsampled = [0, 2, 3, 5, 6]
    change = rescaled.softmax(0)[unsampled] - before.softmax(0)[unsampled]
    assert change.abs().max() < 1e-7
    torch.testing.assert_close(rescaled[4] - rescaled[1], after[4] - after[1])


def gradient_of_a_drawn_pair(mixed_op: TwoPathMixedOp, generator: torch.Generator) -> Tensor:
    mixed_op.draw_pair(generator)
    return torch.autograd.grad(task_loss(mixed_op(X)), mixed_op.alpha)[0]


def gate_gradient_by_finite_differences(outputs: Tensor, step: float = 1e-6) -> Tensor:
    """Return dL/dg for y = g_0 y_0 + g_1 y_1 at gates (1, 0)."""
    losses = [
        [task_loss((1 + sign * step) * outputs[0]), task_loss(outputs[0] + sign * step * outputs[1])]
        for sign in (1, -1)
    ]
    up_and_down = torch.tensor(losses, dtype=torch.float64)  # (sign, gate)
    return (up_and_down[0] - up_and_down[1]) / (2 * step)


def test_the_alphas_gradient_agrees_with_finite_differences_of_the_gates(
    mixed_op: TwoPathMixedOp, generator: torch.Generator
) -> None:
    for _ in range(5):
        gradient = gradient_of_a_drawn_pair(mixed_op, generator)
        assert mixed_op.pair is not None
        pair = mixed_op.pair
        with torch.no_grad():
            outputs = torch.stack([mixed_op.ops[int(index)](X) for index in pair])
            expected = alpha_gradient(gate_gradient_by_finite_differences(outputs), pair_probs(mixed_op.alpha, pair))
        torch.testing.assert_close(gradient[pair], expected, rtol=1e-6, atol=1e-8)
        assert gradient.count_nonzero() == 2


def expected_gradient(mixed_op: TwoPathMixedOp) -> Tensor:
    """Enumerate all ordered pairs and both active ops of each."""
    outputs = [op(X).detach() for op in mixed_op.ops]
    alpha = mixed_op.alpha.detach()
    probs, total = alpha.softmax(0), torch.zeros_like(alpha)
    inner = torch.zeros(len(outputs), len(outputs), dtype=torch.float64)  # (active, other)
    for active, output in enumerate(outputs):
        y = output.clone().requires_grad_()
        (slope,) = torch.autograd.grad(task_loss(y), y)
        inner[active] = torch.stack([(slope * other).sum() for other in outputs])
    for first in range(len(outputs)):
        for second in set(range(len(outputs))) - {first}:
            pair = torch.tensor([first, second])
            chance = probs[first] * probs[second] / (1 - probs[first])
            within = pair_probs(alpha, pair)
            for index, active in enumerate(pair):
                total[pair] += chance * within[index] * alpha_gradient(inner[active][pair], within)
    return total


def test_the_mean_gradient_over_many_draws_is_the_enumerated_one(
    mixed_op: TwoPathMixedOp, generator: torch.Generator
) -> None:
    draws = torch.stack([gradient_of_a_drawn_pair(mixed_op, generator) for _ in range(1500)])
    expected = expected_gradient(mixed_op)
    standard_error = draws.std(0) / len(draws) ** 0.5
    assert expected.abs().max() > 5 * standard_error.max()  # else this could not tell it from nothing
    assert ((draws.mean(0) - expected).abs() < 4 * standard_error).all()


def test_the_active_op_is_drawn_by_the_pairs_own_probabilities(
    mixed_op: TwoPathMixedOp, generator: torch.Generator
) -> None:
    with torch.no_grad():
        mixed_op.alpha.copy_(torch.tensor([3.0, 2.0, *[-30.0] * 5]))
    draws = 3000
    times_active = 0
    for _ in range(draws):
        mixed_op.draw_pair(generator)
        times_active += mixed_op.active == 0
    expected = float(torch.tensor([3.0, 2.0]).softmax(0)[0])
    assert abs(times_active / draws - expected) < 4 * (expected * (1 - expected) / draws) ** 0.5


def test_the_output_and_its_gradient_are_those_of_the_active_op(
    mixed_op: TwoPathMixedOp, generator: torch.Generator
) -> None:
    mixed_op.draw_pair(generator)
    x = X.clone().requires_grad_()
    output = mixed_op(x)
    (gradient,) = torch.autograd.grad(task_loss(output), x)
    alone = mixed_op.ops[mixed_op.active](x)
    torch.testing.assert_close(output, alone)
    torch.testing.assert_close(gradient, torch.autograd.grad(task_loss(alone), x)[0])


def test_the_inactive_op_of_a_pair_keeps_its_batch_statistics_and_gets_no_gradient(
    mixed_op: TwoPathMixedOp, generator: torch.Generator
) -> None:
    mixed_op.draw_pair(generator)
    while mixed_op.pair is None or 6 in mixed_op.pair:  # Zero has no batch statistics
        mixed_op.draw_pair(generator)
    inactive = mixed_op.ops[int(mixed_op.pair[1])]
    before = {name: buffer.clone() for name, buffer in mixed_op.named_buffers()}
    gradients = torch.autograd.grad(task_loss(mixed_op(X)), list(inactive.parameters()), allow_unused=True)
    after = dict(mixed_op.named_buffers())
    moved = {name.split(".")[1] for name in before if not torch.equal(before[name], after[name])}
    assert moved == {str(mixed_op.active)}
    assert all(gradient is None for gradient in gradients)


def test_the_probabilities_of_a_pair_are_zero_elsewhere_and_whole_again_without_it(
    mixed_op: TwoPathMixedOp, generator: torch.Generator
) -> None:
    mixed_op.draw_pair(generator)
    probs = mixed_op.path_probs()
    assert probs.count_nonzero() == 2
    assert probs.sum().item() == pytest.approx(1.0)
    mixed_op.drop_pair()
    torch.testing.assert_close(mixed_op.path_probs(), mixed_op.alpha.softmax(0))
