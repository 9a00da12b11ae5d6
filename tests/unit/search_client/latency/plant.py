"""A plant for the latency's control: a supernet without images, whose candidates are worth what was made up for them.

Strategy, optimiser, table, loss and derivation are the real ones. A candidate adds its worth to a pixel, and noise, as
a batch would; the cross entropy is the pixel's negative.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from latency_service.contract.ops import MBConv, OpSpec
from search_client.knapsack import Floats, Row, most_valuable_choices
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.registry import make_loss
from search_client.latency.objective import CostTerm, Objective
from search_client.modules.super_net import Path, SuperNet
from search_client.spaces.registry import make_space
from search_client.strategies.registry import make_strategy
from tests.unit.search_client.small_space import table_of

Start = Literal["even", "slow", "fast", "random"]

SPACE = make_space("proxyless-cifar", width_mult=0.1, resolution=16)
WORTH, NOISE = 0.1, 0.1


class Worth(nn.Module):
    """Adds a candidate's worth to x, shape (1, 1, 1, 1), and noise."""

    def __init__(self, worth: float, generator: torch.Generator) -> None:
        super().__init__()
        self.worth = worth
        self._generator = generator

    def forward(self, x: Tensor) -> Tensor:
        return x + self.worth + NOISE * torch.randn((), generator=self._generator)


@dataclass(frozen=True)
class Plant:
    """A search that is over.

    Attributes:
        term: The one that it had.
        worths: Of each block's candidates.
        path_probs: What it came to.
    """

    term: CostTerm
    worths: list[Floats]
    path_probs: list[Tensor]

    def miss(self, path: Path) -> float:
        """Return by what share of the target a network misses it."""
        return self.term.cost.of_path(path) / self.term.target - 1

    def worth_share(self, path: Path) -> float:
        """Return what a network is worth: 0 is the fastest one, 1 the best one that keeps the target."""
        costs = [block.numpy()[:, None] for block in self.term.cost.blocks]
        rows = [Row(worths, cost) for worths, cost in zip(self.worths, costs, strict=True)]
        best = most_valuable_choices(rows, np.array([self.term.target - self.term.cost.fixed]))
        assert best is not None
        fastest = [int(cost.argmin()) for cost in costs]
        least, most = (self._worth(choices) for choices in (fastest, best))
        return (self._worth(path) - least) / (most - least)

    def _worth(self, choices: list[int] | Path) -> float:
        return sum(float(worths[choice]) for worths, choice in zip(self.worths, choices, strict=True))


def search(share: float, seed: int, start: Start, alpha_lr: float, steps: int = 200, **loss_params: float) -> Plant:
    """Search with `constrained` for a target that lies at this share of the space's range."""
    generator = torch.Generator().manual_seed(seed)
    cost = SupernetCost(SPACE, table_of(SPACE, _latencies(seed)))
    least, most = cost.range
    target = least + share * (most - least)
    term = CostTerm("board", cost, target, make_loss("constrained", target=target, **loss_params))
    objective = Objective(lambda logits, _labels: -logits.sum(), [term])
    strategy = make_strategy("proxyless-gradient")
    supernet = SuperNet(SPACE, generator, strategy.make_mixed_op)
    worths = _give_worth(supernet, seed, generator)
    _begin(supernet, start, cost, generator)
    optimizer = torch.optim.Adam(supernet.arch_params(), lr=alpha_lr, betas=(0.0, 0.999))
    for _ in range(steps):
        strategy.arch_step(supernet, torch.zeros(1, 1, 1, 1), torch.zeros(1), objective, optimizer, generator)
    return Plant(term, worths, [probs.detach() for probs in supernet.path_probs()])


def _latencies(seed: int) -> Callable[[OpSpec], float]:
    """Return latencies as real tables have them: they follow the work, large kernels are dear, and all are uneven."""
    random = np.random.default_rng(seed)
    known: dict[OpSpec, float] = {}

    def latency_ms(op: OpSpec) -> float:
        kernel_factor = {5: 1.3, 7: 1.8}.get(op.kernel_size, 1.0) if isinstance(op, MBConv) else 1.0
        known.setdefault(op, (0.002 + op.macs / 2e7) * kernel_factor * math.exp(0.3 * random.normal()))
        return known[op]

    return latency_ms


def _give_worth(supernet: SuperNet, seed: int, generator: torch.Generator) -> list[Floats]:
    """Make the candidates worth more the more they work, with exceptions; return their worths."""
    random = np.random.default_rng(seed)
    supernet.stem, supernet.head = nn.Sequential(), nn.Sequential()
    worths: list[Floats] = []
    for mixed_op, block in zip(supernet.mixed_ops, SPACE.blocks, strict=True):
        work = np.array([op.macs for op in block.candidates], float)
        worths.append(WORTH * (np.sqrt(work / work.max()) + 0.3 * random.normal(size=len(work))))
        mixed_op.ops = nn.ModuleList(Worth(float(worth), generator) for worth in worths[-1])
    return worths


def _begin(supernet: SuperNet, start: Start, cost: SupernetCost, generator: torch.Generator) -> None:
    """Let the alphas lean to the slow candidates, to the fast ones, anywhere, or nowhere."""
    leaning = {"even": 0.0, "slow": 2.0, "fast": -2.0, "random": 0.0}[start]
    with torch.no_grad():
        for alpha, costs in zip(supernet.arch_params(), cost.blocks, strict=True):
            alpha.add_(leaning * (costs / costs.max()).to(alpha))
            if start == "random":
                alpha.add_(torch.randn(alpha.shape, generator=generator))
