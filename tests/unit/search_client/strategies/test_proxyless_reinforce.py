"""REINFORCE against the enumeration of all nine networks of a tiny space, in float64."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from search_client.compute import Compute
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.additive import AdditiveLoss
from search_client.latency.losses.constrained import ConstrainedLoss
from search_client.latency.objective import CeLoss, CostTerm, Objective
from search_client.modules.super_net import Path, SuperNet
from search_client.strategies.base import ArchStep
from search_client.strategies.judging import judge
from search_client.strategies.proxyless_reinforce import (
    ProxylessReinforce,
    log_prob,
    moved_baseline,
    released_reward,
    surrogate_loss,
)
from tests.unit.search_client.small_space import table_of
from tests.unit.search_client.strategies.tiny_space import (
    ALPHAS,
    IMAGES,
    LABELS,
    assert_mean_is,
    tiny_space,
    tiny_supernet,
)

EVERY_PATH: list[Path] = list(product(range(3), repeat=2))
REWARDS = dict(zip(EVERY_PATH, [0.9, 0.2, 0.4, 0.7, 0.1, 0.8, 0.3, 0.5, 0.6], strict=True))
LOGITS = torch.tensor(ALPHAS, dtype=torch.float64)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def supernet() -> SuperNet:
    return tiny_supernet(ProxylessReinforce().make_mixed_op)


def cost() -> SupernetCost:
    return SupernetCost(tiny_space(), table_of(tiny_space()))


def objective_of(ce_loss: CeLoss = functional.cross_entropy, weight: float = 1.0, **changes: Any) -> Objective:
    terms = [CostTerm("board", cost(), target=1.0, loss=AdditiveLoss(weight))]
    return Objective(ce_loss, changes.pop("terms", terms), **changes)


def no_task(logits: Tensor, labels: Tensor) -> Tensor:
    return 0.0 * logits.sum()


def probability(path: Path) -> float:
    return float(log_prob(list(LOGITS), path).exp())


def score(path: Path) -> Tensor:
    """Return grad log p(path) = one_hot - p, block by block."""
    return torch.stack([functional.one_hot(torch.tensor(choice), 3) for choice in path]) - LOGITS.softmax(1)


def gradient(paths: Sequence[Path], rewards: Sequence[float], baseline: float) -> Tensor:
    logits = LOGITS.clone().requires_grad_()
    log_probs = torch.stack([log_prob(list(logits), path) for path in paths])
    loss = surrogate_loss(log_probs, torch.tensor(rewards, dtype=torch.float64), baseline)
    return torch.autograd.grad(loss, logits)[0].flatten()


def enumerated(baseline: float) -> tuple[Tensor, Tensor]:
    """Return mean and variance of one sample's gradient, over all networks."""
    of_path = {path: -(REWARDS[path] - baseline) * score(path).flatten() for path in EVERY_PATH}
    mean = torch.stack([probability(path) * each for path, each in of_path.items()]).sum(0)
    second = torch.stack([probability(path) * each**2 for path, each in of_path.items()]).sum(0)
    return mean, second - mean**2


def sampled_gradients(supernet: SuperNet, networks: int, baseline: float, draws: int) -> Tensor:
    generator, gradients = torch.Generator().manual_seed(7), []
    for _ in range(draws):
        paths = []
        for _ in range(networks):
            supernet.sample_path(generator)
            paths.append(supernet.path)
        gradients.append(gradient(paths, [REWARDS[path] for path in paths], baseline))
    return torch.stack(gradients)


def test_the_probabilities_of_all_networks_sum_to_one() -> None:
    assert sum(map(probability, EVERY_PATH)) == pytest.approx(1)
    assert probability((1, 2)) == pytest.approx(float(LOGITS[0].softmax(0)[1] * LOGITS[1].softmax(0)[2]))


def test_autograd_gives_the_closed_form_of_the_gradient() -> None:
    paths, rewards = [(0, 1), (2, 2), (0, 0)], [0.5, 2.0, -1.0]
    terms = [(reward - 0.3) * score(path).flatten() for path, reward in zip(paths, rewards, strict=True)]
    torch.testing.assert_close(gradient(paths, rewards, baseline=0.3), -torch.stack(terms).mean(0))


@pytest.mark.parametrize("baseline", [0.0, 0.55])
def test_the_gradients_mean_is_that_of_the_expected_reward(supernet: SuperNet, baseline: float) -> None:
    logits = LOGITS.clone().requires_grad_()
    expected_reward = torch.stack([REWARDS[path] * log_prob(list(logits), path).exp() for path in EVERY_PATH]).sum()
    slope = -torch.autograd.grad(expected_reward, logits)[0].flatten()
    torch.testing.assert_close(enumerated(baseline)[0], slope)
    assert_mean_is(sampled_gradients(supernet, networks=4, baseline=baseline, draws=2000), slope)


@pytest.mark.parametrize("networks", [2, 8])
def test_the_gradients_variance_is_the_enumerated_one_by_the_number_of_networks(
    supernet: SuperNet, networks: int
) -> None:
    draws = sampled_gradients(supernet, networks, baseline=0.4, draws=1500)
    variance, centred = draws.var(0), draws - draws.mean(0)
    standard_error = ((centred**4).mean(0) - variance**2).div(len(draws)).sqrt()
    expected = enumerated(0.4)[1] / networks
    assert (expected > 8 * standard_error).all()
    assert ((variance - expected).abs() < 4 * standard_error).all()


def test_a_baseline_lowers_the_variance_by_what_can_be_proved() -> None:
    """The best one, E[R s^2] / E[s^2], by (E[R s^2])^2 / E[s^2], summed over the alphas; s is grad log p."""
    squares = {path: float(score(path).square().sum()) for path in EVERY_PATH}
    square = sum(probability(path) * squares[path] for path in EVERY_PATH)
    rewarded = sum(probability(path) * REWARDS[path] * squares[path] for path in EVERY_PATH)
    without, best = (float(enumerated(baseline)[1].sum()) for baseline in (0.0, rewarded / square))
    assert without - best == pytest.approx(rewarded**2 / square)
    assert best < 0.5 * without


def test_equal_rewards_that_are_the_baseline_leave_no_gradient() -> None:
    assert gradient([(0, 0), (1, 2), (2, 1)], [0.6] * 3, baseline=0.6).abs().max() == 0


def test_the_baseline_starts_at_the_first_mean_and_follows_slowly() -> None:
    baseline = moved_baseline(None, 2.0, decay=0.9)
    assert baseline == 2.0
    assert moved_baseline(baseline, 3.0, decay=0.9) == pytest.approx(2.1)


def test_the_released_reward_is_accuracy_times_the_share_of_the_target_to_a_power() -> None:
    costs, path = cost(), (0, 1)
    terms = [
        CostTerm("one", costs, target=1.5 * costs.of_path(path), loss=AdditiveLoss(1.0)),
        CostTerm("two", costs, target=0.5 * costs.of_path(path), loss=AdditiveLoss(1.0), weight=2.0),
    ]
    of_all, of_worst = (objective_of(terms=terms, combination=each) for each in ("all", "worst"))
    assert released_reward(0.8, of_all, path, 0.1) == pytest.approx(0.8 * 1.5**0.1 * 0.5**0.2)
    assert released_reward(0.8, of_worst, path, 0.1) == pytest.approx(0.8 * 0.5**0.2)


def step(
    strategy: ProxylessReinforce,
    supernet: SuperNet,
    objective: Objective,
    optimizer: torch.optim.Optimizer | None = None,
    generator: torch.Generator | None = None,
) -> ArchStep:
    optimizer = optimizer or torch.optim.SGD(supernet.arch_params(), lr=1.0)
    generator = generator or torch.Generator().manual_seed(1)
    return strategy.arch_step(supernet, IMAGES, LABELS, objective, optimizer, generator)


@pytest.mark.parametrize("reward", ["loss", "accuracy"])
def test_a_step_is_the_gradient_of_the_networks_it_drew(supernet: SuperNet, reward: Any) -> None:
    strategy, objective, generator = ProxylessReinforce(3, reward), objective_of(), torch.Generator().manual_seed(1)
    strategy.baseline = 0.25
    paths = []
    for _ in range(3):
        supernet.sample_path(generator)
        paths.append(supernet.path)
    judgements = judge(supernet, paths, IMAGES, LABELS, functional.cross_entropy, Compute())
    latencies = [cost().of_path(path) for path in paths]
    by_kind = {
        "loss": [-(each.ce + ms) for each, ms in zip(judgements, latencies, strict=True)],
        "accuracy": [each.accuracy * ms**-0.1 for each, ms in zip(judgements, latencies, strict=True)],
    }
    seen = step(strategy, supernet, objective)
    moved = torch.stack([alpha.detach() for alpha in supernet.arch_params()]) - LOGITS
    torch.testing.assert_close(moved.flatten(), -gradient(paths, by_kind[reward], 0.25), rtol=1e-5, atol=1e-6)
    assert seen.loss == pytest.approx(-sum(by_kind[reward]) / 3)
    assert seen.ce == pytest.approx(sum(each.ce for each in judgements) / 3)


def test_the_baseline_of_a_search_is_made_of_its_steps_mean_rewards(supernet: SuperNet) -> None:
    strategy = ProxylessReinforce(networks=4, baseline_decay=0.7)
    first = -step(strategy, supernet, objective_of()).loss
    assert strategy.baseline == pytest.approx(first)
    second = -step(strategy, supernet, objective_of(), generator=torch.Generator().manual_seed(2)).loss
    assert first != second
    assert strategy.baseline == pytest.approx(0.7 * first + 0.3 * second)
    resumed = ProxylessReinforce()
    resumed.load_state_dict(strategy.state_dict())
    assert resumed.baseline == strategy.baseline


def test_the_entropy_bonus_climbs_the_entropy_alone_where_all_rewards_are_equal(supernet: SuperNet) -> None:
    step(ProxylessReinforce(entropy_weight=0.5), supernet, objective_of(no_task, weight=0.0))
    logits = LOGITS.clone().requires_grad_()
    (slope,) = torch.autograd.grad(torch.special.entr(logits.softmax(1)).sum(), logits)
    moved = torch.stack([alpha.detach() for alpha in supernet.arch_params()]) - LOGITS
    torch.testing.assert_close(moved, 0.5 * slope, rtol=1e-5, atol=1e-6)


def test_a_step_changes_nothing_but_the_alphas(supernet: SuperNet) -> None:
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    step(ProxylessReinforce(), supernet, objective_of())
    moved = {name for name, value in supernet.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"blocks.0.alpha", "blocks.1.alpha"}
    assert all(param.grad is None for param in supernet.parameters())


@pytest.mark.parametrize("reward", ["loss", "accuracy"])
def test_without_a_task_the_search_finds_the_fastest_network(supernet: SuperNet, reward: Any) -> None:
    strategy, generator = ProxylessReinforce(reward=reward), torch.Generator().manual_seed(3)
    optimizer = torch.optim.Adam(supernet.arch_params(), lr=0.3, betas=(0.5, 0.999))
    with torch.no_grad():
        for weight in supernet.head.parameters():
            weight.zero_()  # every network classifies alike
    for _ in range(40):
        step(strategy, supernet, objective_of(), optimizer, generator)
    assert supernet.most_probable_path() == (2, 2)


def test_a_loss_that_adapts_sees_where_the_steps_lead_to(supernet: SuperNet) -> None:
    loss = ConstrainedLoss(target=cost().range[0])
    seen = step(ProxylessReinforce(), supernet, objective_of(terms=[CostTerm("board", cost(), loss.target, loss)]))
    assert loss.violation == pytest.approx(seen.derived[0] / loss.target - 1)
    assert loss.multiplier > 0
