"""FeasiblePaths: networks drawn uniformly among those that keep the targets and spend them.

Few networks of a large space lie just within a target: uniform draws would all but never be among them. So paths are
drawn by p(path) ~ exp(-sum_k price_k cost_k(path)), whose mean costs are where they shall be, and those that are
feasible are accepted with a probability ~ 1 / p(path), which makes all of them equally likely again.

Source: rejection sampling; Robert, Casella, Monte Carlo Statistical Methods, section 2.3. The prices are those of the
distribution of the largest entropy with these mean costs, found by its convex dual.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from search_client.derivation import budgeted_path
from search_client.knapsack import ROUNDING
from search_client.latency.objective import Objective
from search_client.modules.super_net import Path

Floats = NDArray[np.float64]

_DRAWS_AT_ONCE = 512
_ROUNDS = 200


class FeasiblePaths:
    """Draws paths that cost no more than any target and, where there are such, spend them.

    Spent is a target of which a path costs at least what its loss asks for; where the worst term alone counts, one
    spent target is enough. That is what `budgeted_path` asks of a derived network.

    Args:
        objective: Costs and targets.

    Raises:
        NothingFits: No network keeps all targets.
    """

    def __init__(self, objective: Objective) -> None:
        terms = objective.terms
        targets = np.array([term.target for term in terms])
        # Shape (num_terms, num_candidates) for each block, in shares of the targets.
        self._costs = [
            np.stack([term.cost.blocks[block].numpy() / term.target for term in terms])
            for block in range(len(terms[0].cost.blocks))
        ]
        self._fixed = np.array([term.cost.fixed for term in terms]) / targets
        self._least = np.array([term.loss.least_share for term in terms])
        self._spends_all = objective.combination == "all"
        uniform = [torch.ones(costs.shape[1]) for costs in self._costs]
        self._known = budgeted_path(uniform, terms, objective.combination)
        if not self._is_feasible(self._costs_of(np.array([self._known])))[0]:
            self._least = np.zeros_like(self._least)
        self._prices = self._best_prices()

    def draw(self, count: int, generator: torch.Generator) -> list[Path]:
        """Return paths, independent of each other; fewer, but one at least, where so few were found.

        Args:
            count: At least 1.
            generator: A generator of the CPU.
        """
        found: list[Path] = []
        for _ in range(_ROUNDS):
            found += self._accepted(generator)
            if len(found) >= count:
                break
        return found[:count] or [self._known]

    def _accepted(self, generator: torch.Generator) -> list[Path]:
        columns = [
            torch.multinomial(torch.from_numpy(probs), _DRAWS_AT_ONCE, replacement=True, generator=generator)
            for probs in self._proposal(self._prices)
        ]
        choices = torch.stack(columns, dim=1).numpy()  # (draws, num_blocks)
        costs = self._costs_of(choices)
        # The largest 1 / p among feasible paths is at the target for a price, at the least share for a premium.
        most = np.where(self._prices >= 0, 1.0, self._least)
        log_weights = np.minimum((costs - most) @ self._prices, 0.0)
        coins = torch.rand(_DRAWS_AT_ONCE, generator=generator, dtype=torch.float64).numpy()
        accepted = self._is_feasible(costs) & (coins < np.exp(log_weights))
        return [tuple(path) for path in choices[accepted].tolist()]

    def _costs_of(self, choices: NDArray[np.int64]) -> Floats:
        """Return what paths cost, shape (num_paths, num_terms); choices has shape (num_paths, num_blocks)."""
        of_blocks = [costs[:, of_block].T for costs, of_block in zip(self._costs, choices.T, strict=True)]
        total: Floats = self._fixed + np.sum(of_blocks, axis=0)
        return total

    def _is_feasible(self, costs: Floats) -> NDArray[np.bool_]:
        is_spent = costs >= self._least - ROUNDING
        spent = is_spent.all(1) if self._spends_all else is_spent.any(1)
        feasible: NDArray[np.bool_] = (costs <= 1 + ROUNDING).all(1) & spent
        return feasible

    def _proposal(self, prices: Floats) -> list[Floats]:
        return [softmax(-prices @ costs) for costs in self._costs]

    def _best_prices(self) -> Floats:
        """Return the prices whose proposal costs, in the mean, what lies amid the feasible; a premium is negative.

        A premium is paid only where every path has to spend: else feasible paths have no largest 1 / p.
        """
        must_spend = (self._least > 0) & self._spends_all
        aims = np.where(must_spend, (1 + self._least) / 2, 1.0)
        lowest = np.where(must_spend, -np.inf, 0.0)

        def dual(prices: Floats) -> tuple[float, Floats]:
            log_normaliser = sum(float(logsumexp(-prices @ costs)) for costs in self._costs)
            pairs = zip(self._costs, self._proposal(prices), strict=True)
            means = self._fixed + sum(costs @ probs for costs, probs in pairs)
            return log_normaliser + float(prices @ (aims - self._fixed)), aims - means

        found = minimize(dual, np.zeros_like(aims), jac=True, method="L-BFGS-B", bounds=[(low, None) for low in lowest])
        prices: Floats = found.x
        return prices
