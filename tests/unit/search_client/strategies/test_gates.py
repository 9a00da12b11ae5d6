"""The mathematics of the binary gates, in float64."""

import pytest
import torch

from search_client.strategies.gates import alpha_gradient, drawn_probs, rescaled, sample_pair


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_pairs_are_drawn_without_replacement_by_their_probabilities(generator: torch.Generator) -> None:
    probs, draws = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64), 4000
    pairs = torch.stack([sample_pair(probs, generator) for _ in range(draws)])
    assert (pairs[:, 0] != pairs[:, 1]).all()
    share = (pairs == 2).any(1).double().mean()  # the last one is drawn first, or behind one of the others
    expected = 0.2 + 0.5 * 0.2 / 0.5 + 0.3 * 0.2 / 0.7
    assert abs(share - expected) < 4 * (expected * (1 - expected) / draws) ** 0.5


def test_the_probabilities_of_the_drawn_are_renormalised() -> None:
    logits = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
    drawn = torch.tensor([3, 0])
    probs = logits.softmax(0)[drawn]
    torch.testing.assert_close(drawn_probs(logits, drawn), probs / probs.sum())


def test_the_gate_gradient_becomes_the_alphas_by_the_softmaxs_jacobian() -> None:
    alpha = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    gate_gradient = torch.tensor([0.7, -0.2, 1.5], dtype=torch.float64)
    (expected,) = torch.autograd.grad((alpha.softmax(0) * gate_gradient).sum(), alpha)
    torch.testing.assert_close(alpha_gradient(gate_gradient, alpha.detach().softmax(0)), expected)


def test_a_constant_added_to_all_gate_gradients_changes_nothing() -> None:
    probs, gate_gradient = torch.tensor([0.2, 0.8]), torch.tensor([1.0, -1.0])
    torch.testing.assert_close(alpha_gradient(gate_gradient + 3, probs), alpha_gradient(gate_gradient, probs))


def test_of_two_gates_the_one_whose_loss_falls_is_enhanced_and_the_other_attenuated() -> None:
    gradient = alpha_gradient(torch.tensor([-1.0, 2.0]), torch.tensor([0.3, 0.7]))
    assert gradient[0] < 0 < gradient[1]  # an optimiser goes against it
    torch.testing.assert_close(gradient[0], -gradient[1])


@pytest.mark.parametrize("size", [1.0, 500.0])
def test_rescaling_keeps_the_probabilities_of_the_unsampled(size: float, generator: torch.Generator) -> None:
    before = size * torch.randn(7, dtype=torch.float64, generator=generator)
    pair = torch.tensor([4, 1])
    after = before.index_add(0, pair, torch.tensor([0.3, -0.1], dtype=torch.float64))
    settled = rescaled(before, after, pair)
    unsampled = [0, 2, 3, 5, 6]
    change = settled.softmax(0)[unsampled] - before.softmax(0)[unsampled]
    assert change.abs().max() < 1e-7
    assert torch.equal(settled[unsampled], before[unsampled])
    torch.testing.assert_close(settled[4] - settled[1], after[4] - after[1])
