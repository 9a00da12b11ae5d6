"""The architecture step with all gates, and with what keeps paths from being starved."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from search_client.latency.expected import SupernetCost
from search_client.latency.losses.additive import AdditiveLoss
from search_client.latency.losses.base import LatencyLoss
from search_client.latency.objective import CeLoss, CostTerm, Objective
from search_client.modules.super_net import SuperNet
from search_client.strategies.base import ArchStep
from search_client.strategies.exploration import entropy_share
from search_client.strategies.proxyless_gradient import ProxylessGradient
from tests.unit.search_client.small_space import small_space, table_of

IMAGES = torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(2))
LABELS = torch.arange(8) % 3


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def latency() -> SupernetCost:
    return SupernetCost(small_space(), table_of(small_space()))


def objective_of(ce_loss: CeLoss, latency: SupernetCost, loss: LatencyLoss) -> Objective:
    return Objective(ce_loss, [CostTerm("board", latency, target=1.0, loss=loss)])


def adam(supernet: SuperNet, lr: float = 0.05) -> torch.optim.Adam:
    return torch.optim.Adam(supernet.arch_params(), lr=lr, betas=(0.0, 0.999))


def no_task(logits: Tensor, labels: Tensor) -> Tensor:
    return 0.0 * logits.sum()


def full_step(supernet: SuperNet, objective: Objective, optimizer: torch.optim.Optimizer, **options: Any) -> ArchStep:
    generator, progress = torch.Generator().manual_seed(3), options.pop("progress", 1.0)
    strategy = ProxylessGradient(gates="full", **options)
    return strategy.arch_step(supernet, IMAGES, LABELS, objective, optimizer, generator, progress=progress)


@pytest.fixture
def full_supernet(generator: torch.Generator) -> SuperNet:
    return SuperNet(small_space(), generator, ProxylessGradient(gates="full").make_mixed_op)


def test_a_full_step_moves_all_alphas_and_nothing_else(full_supernet: SuperNet, latency: SupernetCost) -> None:
    before = {name: value.clone() for name, value in full_supernet.state_dict().items()}
    objective = objective_of(functional.cross_entropy, latency, AdditiveLoss(weight=0.1))
    full_step(full_supernet, objective, adam(full_supernet))
    moved = {name for name, value in full_supernet.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {f"blocks.{index}.alpha" for index in range(3)}
    for index, alpha in enumerate(full_supernet.arch_params()):
        assert (alpha != before[f"blocks.{index}.alpha"]).all()
    assert all(param.grad is None for param in full_supernet.parameters())


def test_a_full_step_sees_the_whole_expected_latency(full_supernet: SuperNet, latency: SupernetCost) -> None:
    """With plain SGD a step is the gradient: p_i (F_i - E), up to what all alphas of a block are shifted by."""
    before = [alpha.detach().clone() for alpha in full_supernet.arch_params()]
    optimizer = torch.optim.SGD(full_supernet.arch_params(), lr=1.0)
    full_step(full_supernet, objective_of(no_task, latency, AdditiveLoss(weight=1.0)), optimizer)
    for old, alpha, latency_ms in zip(before, full_supernet.arch_params(), latency.blocks, strict=True):
        probs, moved = old.softmax(0), (alpha.detach() - old)
        expected = -(probs * (latency_ms - (probs * latency_ms).sum())).float()
        torch.testing.assert_close(moved - moved.mean(), expected - expected.mean(), rtol=1e-3, atol=1e-6)


def test_a_full_step_may_have_momentum(full_supernet: SuperNet, latency: SupernetCost) -> None:
    objective = objective_of(functional.cross_entropy, latency, AdditiveLoss(weight=0.1))
    seen = full_step(full_supernet, objective, torch.optim.Adam(full_supernet.arch_params(), betas=(0.9, 0.999)))
    assert seen.ce > 0


def test_the_entropy_stays_above_a_floor_that_is_gone_at_the_end(
    full_supernet: SuperNet, latency: SupernetCost
) -> None:
    objective = objective_of(no_task, latency, AdditiveLoss(weight=1.0))
    optimizer, floor = adam(full_supernet, lr=1.0), 0.8
    for _ in range(20):
        full_step(full_supernet, objective, optimizer, entropy_floor=floor, progress=0.25)
        assert min(map(entropy_share, full_supernet.path_probs())) >= 0.75 * floor - 1e-5
    assert latency.of_path(full_supernet.most_probable_path()) == pytest.approx(latency.range[0])
    for _ in range(20):
        full_step(full_supernet, objective, optimizer, entropy_floor=floor, progress=1.0)
    assert max(map(entropy_share, full_supernet.path_probs())) < 0.4 * floor


def test_a_temperature_spreads_the_paths_and_divides_the_gradient(
    full_supernet: SuperNet, latency: SupernetCost
) -> None:
    before = [alpha.detach().clone() for alpha in full_supernet.arch_params()]
    optimizer = torch.optim.SGD(full_supernet.arch_params(), lr=1.0)
    objective = objective_of(no_task, latency, AdditiveLoss(weight=1.0))
    full_step(full_supernet, objective, optimizer, temperature=16.0, progress=0.5)
    for old, alpha, latency_ms in zip(before, full_supernet.arch_params(), latency.blocks, strict=True):
        probs, moved = (old / 4).softmax(0), (alpha.detach() - old)
        expected = -(probs * (latency_ms - (probs * latency_ms).sum())).float() / 4
        torch.testing.assert_close(moved - moved.mean(), expected - expected.mean(), rtol=1e-3, atol=1e-6)
