"""The architecture step on a whole supernet."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from latency_service.contract.errors import InvalidInput
from search_client.architecture import Architecture
from search_client.derivation import argmax_path
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.additive import AdditiveLoss
from search_client.latency.losses.base import LatencyLoss
from search_client.latency.losses.constrained import ConstrainedLoss
from search_client.latency.objective import CeLoss, CostTerm, Objective
from search_client.modules.super_net import SuperNet
from search_client.spaces.registry import make_space
from search_client.strategies.base import ArchStep
from search_client.strategies.gated_mixed_op import GatedMixedOp
from search_client.strategies.proxyless_gradient import ProxylessGradient
from tests.unit.search_client.small_space import small_space, table_of

STRATEGY = ProxylessGradient()
IMAGES = torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(2))
LABELS = torch.arange(8) % 3


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def supernet(generator: torch.Generator) -> SuperNet:
    return SuperNet(small_space(), generator, STRATEGY.make_mixed_op)


@pytest.fixture
def latency() -> SupernetCost:
    return SupernetCost(small_space(), table_of(small_space()))


def objective_of(ce_loss: CeLoss, latency: SupernetCost, loss: LatencyLoss) -> Objective:
    return Objective(ce_loss, [CostTerm("board", latency, target=1.0, loss=loss)])


def adam(supernet: SuperNet, lr: float = 0.05) -> torch.optim.Adam:
    return torch.optim.Adam(supernet.arch_params(), lr=lr, betas=(0.0, 0.999))


def no_task(logits: Tensor, labels: Tensor) -> Tensor:
    return 0.0 * logits.sum()


def pairs_drawn(monkeypatch: pytest.MonkeyPatch, force: tuple[int, int] | None = None) -> list[tuple[int, int]]:
    """Record the (active, inactive) pairs that the steps draw, or force them all to be one."""
    drawn: list[tuple[int, int]] = []
    set_gates = GatedMixedOp.set_gates

    def recording(mixed_op: GatedMixedOp, pair: tuple[int, int]) -> None:
        active, inactive = pair if force is None or len(mixed_op.ops) <= max(force) else force
        set_gates(mixed_op, (active, inactive))
        drawn.append((active, inactive))

    monkeypatch.setattr(GatedMixedOp, "set_gates", recording)
    return drawn


@pytest.fixture
def step(supernet: SuperNet, latency: SupernetCost, generator: torch.Generator) -> Callable[[LatencyLoss], ArchStep]:
    def take(loss: LatencyLoss) -> ArchStep:
        objective = objective_of(functional.cross_entropy, latency, loss)
        return STRATEGY.arch_step(supernet, IMAGES, LABELS, objective, adam(supernet), generator)

    return take


def test_a_step_enhances_one_path_of_a_block_attenuates_another_and_keeps_all_others(
    supernet: SuperNet, step: Callable[[LatencyLoss], ArchStep], monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = pairs_drawn(monkeypatch)
    before = [probs.detach() for probs in supernet.path_probs()]
    step(AdditiveLoss(weight=0.1))
    for old, new, (active, inactive) in zip(before, supernet.path_probs(), pairs, strict=True):
        change = (new - old).detach()
        others = [index for index in range(len(change)) if index not in (active, inactive)]
        assert change[others].abs().max() < 1e-7
        assert change[active] * change[inactive] < 0
        assert change[active].abs() > 1e-3


def test_a_step_changes_nothing_but_the_alphas(supernet: SuperNet, step: Callable[[LatencyLoss], ArchStep]) -> None:
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    step(AdditiveLoss(weight=0.1))
    moved = {name for name, value in supernet.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {f"blocks.{index}.alpha" for index in range(3)}
    assert all(param.grad is None for param in supernet.parameters())
    assert all(isinstance(mixed_op, GatedMixedOp) and mixed_op.drawn is None for mixed_op in supernet.mixed_ops)


@pytest.mark.parametrize("pair", [(6, 5), (5, 6)], ids=["zero active", "zero inactive"])
def test_zero_gains_by_its_latency_whether_active_or_not(
    pair: tuple[int, int],
    supernet: SuperNet,
    latency: SupernetCost,
    generator: torch.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pairs_drawn(monkeypatch, force=pair)
    before = [alpha.detach().clone() for alpha in supernet.arch_params()]
    objective = objective_of(no_task, latency, AdditiveLoss(weight=1.0))
    STRATEGY.arch_step(supernet, IMAGES, LABELS, objective, adam(supernet), generator)
    for old, alpha in list(zip(before, supernet.arch_params(), strict=True))[1:]:
        assert alpha[6] > old[6]
        assert alpha[5] < old[5]


def test_the_latency_gradient_is_that_of_the_renormalised_pair(
    supernet: SuperNet, latency: SupernetCost, generator: torch.Generator
) -> None:
    """With plain SGD a step is the gradient: lr q_i (F_i - E_pair) for the two, before rescaling."""
    objective = objective_of(no_task, latency, AdditiveLoss(weight=1.0))
    before = [alpha.detach().clone() for alpha in supernet.arch_params()]
    optimizer = torch.optim.SGD(supernet.arch_params(), lr=1.0)
    STRATEGY.arch_step(supernet, IMAGES, LABELS, objective, optimizer, generator)
    for old, alpha, latency_ms in zip(before, supernet.arch_params(), latency.blocks, strict=True):
        pair = (alpha.detach() - old).abs().topk(2).indices
        probs, costs = old[pair].softmax(0), latency_ms[pair]
        moved = (alpha.detach() - old)[pair]
        expected = -probs * (costs - (probs * costs).sum())
        torch.testing.assert_close(moved[0] - moved[1], (expected[0] - expected[1]).float(), rtol=1e-3, atol=1e-6)


def test_a_step_reports_and_shows_its_loss_where_it_led_to(
    supernet: SuperNet, latency: SupernetCost, step: Callable[[LatencyLoss], ArchStep]
) -> None:
    target_ms = latency.range[0]
    loss = ConstrainedLoss(target_ms)
    seen = step(loss)
    assert seen.derived == (latency.of_path(supernet.most_probable_path()),)
    assert seen.expected == pytest.approx((latency.expected(supernet.path_probs()).item(),))
    assert loss.violation == pytest.approx(seen.derived[0] / target_ms - 1)
    assert seen.ce > 0


def test_without_a_task_the_search_finds_the_fastest_network(
    supernet: SuperNet, latency: SupernetCost, generator: torch.Generator
) -> None:
    objective = objective_of(no_task, latency, AdditiveLoss(weight=1.0))
    optimizer = adam(supernet, lr=0.3)
    for _ in range(60):
        STRATEGY.arch_step(supernet, IMAGES[:1], LABELS[:1], objective, optimizer, generator)
    architecture_ms = latency.of_path(supernet.most_probable_path())
    assert architecture_ms == pytest.approx(latency.range[0])


def test_the_derived_architecture_is_each_blocks_most_probable_op() -> None:
    space = make_space("proxyless-cifar")
    supernet = SuperNet(space, torch.Generator().manual_seed(0), STRATEGY.make_mixed_op)
    wanted = (5, 0, 2, 6, 1, 3, 6, 4)
    with torch.no_grad():
        for alpha, choice in zip(supernet.arch_params(), wanted, strict=True):
            alpha[choice] += 1.0
    assert STRATEGY.derive(supernet, argmax_path) == Architecture.of(space, wanted)


def test_a_failing_step_leaves_no_gates_behind(
    supernet: SuperNet, latency: SupernetCost, generator: torch.Generator
) -> None:
    def failing(logits: Tensor, labels: Tensor) -> Tensor:
        raise ZeroDivisionError

    objective = objective_of(failing, latency, AdditiveLoss(weight=1.0))
    with pytest.raises(ZeroDivisionError):
        STRATEGY.arch_step(supernet, IMAGES, LABELS, objective, adam(supernet), generator)
    assert all(isinstance(mixed_op, GatedMixedOp) and mixed_op.drawn is None for mixed_op in supernet.mixed_ops)


def test_an_optimiser_that_would_move_unsampled_paths_is_refused(
    supernet: SuperNet, latency: SupernetCost, generator: torch.Generator
) -> None:
    objective = objective_of(functional.cross_entropy, latency, AdditiveLoss(weight=1.0))
    with_momentum = torch.optim.Adam(supernet.arch_params(), betas=(0.9, 0.999))
    with_decay = torch.optim.Adam(supernet.arch_params(), betas=(0.0, 0.999), weight_decay=0.1)
    for optimizer in (with_momentum, with_decay):
        with pytest.raises(InvalidInput, match="without momentum or decay"):
            STRATEGY.arch_step(supernet, IMAGES, LABELS, objective, optimizer, generator)


def test_a_supernet_of_another_strategy_is_refused(latency: SupernetCost, generator: torch.Generator) -> None:
    supernet = SuperNet(small_space(), generator)
    objective = objective_of(functional.cross_entropy, latency, AdditiveLoss(weight=1.0))
    with pytest.raises(InvalidInput, match="make_mixed_op"):
        STRATEGY.arch_step(supernet, IMAGES, LABELS, objective, adam(supernet), generator)
