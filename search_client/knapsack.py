"""The multiple-choice knapsack with several limits, solved exactly: one item of every row, as valuable as can be had.

Dynamic programming over the rows. A state is what some items of the rows so far cost and are worth; it is dropped when

- what it costs leaves no room for the cheapest items of the rows behind,
- another state costs no more in any respect and is worth no less, or
- its Lagrangian bound, the most that it can come to while limits are priced instead of kept, is no more than what a
  first pass over the most promising states has found.

Source: Kellerer, Pferschy, Pisinger, Knapsack Problems, sections 11.2 (bounds) and 11.5 (dynamic programming).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

Floats = NDArray[np.float64]
Choices = NDArray[np.int64]

#: Of all costs together: a limit is kept where no more than rounding exceeds it.
ROUNDING = 1e-9

_CHUNK = 256
_INFEASIBLE = 2  # as scipy says it
_BEAM = 500


@dataclass(frozen=True)
class Row:
    """Items of which exactly one is taken.

    Attributes:
        values: Shape (num_items,).
        costs: Shape (num_items, num_limits).
    """

    values: Floats
    costs: Floats


def most_valuable_choices(rows: Sequence[Row], limits: Floats) -> tuple[int, ...] | None:
    """Return the index of each row's item, of the choices within all limits the one of the largest sum of values.

    Args:
        rows: At least one.
        limits: Shape (num_limits,), of the costs' sums.

    Returns:
        None where no choice is within the limits.
    """
    limits = limits + ROUNDING * np.sum([np.abs(row.costs).max(0) for row in rows], axis=0)
    prices = _prices(rows, limits)
    if prices is None:
        return None
    best, choices = -np.inf, None
    for width in (_BEAM, None):
        front = _final_front(rows, limits, prices, best, width)
        if front.values.max(initial=-np.inf) > best:
            place = front.values.argmax()
            best, choices = float(front.values[place]), tuple(map(int, front.choices[place]))
    return choices


def _final_front(rows: Sequence[Row], limits: Floats, prices: Floats, floor: float, width: int | None) -> "_Front":
    """Return states of all rows, every one that is worth more than the floor among them.

    With a width only those that the most promising so many states a row lead to: quick, and hardly ever not the best.
    """
    cheapest_rest = _sums_behind([row.costs.min(0) for row in rows])
    priced_rest = _sums_behind([(row.values - row.costs @ prices).max() for row in rows])
    front, margin = _Front.empty(len(limits)), ROUNDING * abs(floor) if np.isfinite(floor) else 0.0
    for index, row in enumerate(rows):
        front = front.extended(row)
        front = front.only((front.costs + cheapest_rest[index] <= limits).all(1))
        bounds = front.values + priced_rest[index] + (limits - front.costs) @ prices
        kept = np.flatnonzero(bounds > floor + margin)
        if width is not None:
            kept = kept[np.argsort(-bounds[kept], kind="stable")[:width]]
        front = front.only(kept).undominated()
    return front


@dataclass(frozen=True)
class _Front:
    """States after some rows: choices (n, num_rows), their values (n,) and costs (n, num_limits)."""

    choices: Choices
    values: Floats
    costs: Floats

    @classmethod
    def empty(cls, num_limits: int) -> "_Front":
        return cls(np.zeros((1, 0), np.int64), np.zeros(1), np.zeros((1, num_limits)))

    def extended(self, row: Row) -> "_Front":
        """Return every state with every item of one more row."""
        states, items = (each.ravel() for each in np.indices((len(self.values), len(row.values))))
        choices = np.column_stack([self.choices[states], items])
        return _Front(choices, self.values[states] + row.values[items], self.costs[states] + row.costs[items])

    def only(self, kept: NDArray[np.bool_] | Choices) -> "_Front":
        return _Front(self.choices[kept], self.values[kept], self.costs[kept])

    def undominated(self) -> "_Front":
        """Return the states without those that another one costs no more than and is worth no less than."""
        by_value = np.lexsort((*self.costs.T, -self.values))
        costs = self.costs[by_value]
        kept = np.empty((0, costs.shape[1]))
        places: list[Choices] = []
        for start in range(0, len(costs), _CHUNK):
            chunk = costs[start : start + _CHUNK]
            fresh = np.flatnonzero(~(kept[None] <= chunk[:, None]).all(2).any(1))
            cheaper = (chunk[fresh][None] <= chunk[fresh][:, None]).all(2)  # [i, j]: j costs no more than i
            fresh = fresh[~np.tril(cheaper, -1).any(1)]
            kept = np.concatenate([kept, chunk[fresh]])
            places.append(start + fresh)
        return self.only(by_value[np.concatenate(places)]) if places else self


def _sums_behind(terms: Sequence[Floats | float]) -> list[Floats]:
    """Return for each row the sum over the rows behind it."""
    sums = [np.zeros_like(terms[0])]
    for term in reversed(terms[1:]):
        sums.insert(0, sums[0] + term)
    return sums


def _prices(rows: Sequence[Row], limits: Floats) -> Floats | None:
    """Return the prices that make the tightest Lagrangian bound; None where even mixtures of choices exceed the limits.

    They are the duals of the linear programme in which a row may take shares of several items.
    """
    costs = np.concatenate([row.costs for row in rows])
    largest = np.abs(costs).max(0)
    scale = np.where(largest > 0, largest, 1.0)  # the solver's tolerances are absolute
    takes_one = np.repeat(np.eye(len(rows)), [len(row.values) for row in rows], axis=1)
    relaxed = linprog(
        -np.concatenate([row.values for row in rows]),
        A_ub=(costs / scale).T,
        b_ub=limits / scale,
        A_eq=takes_one,
        b_eq=np.ones(len(rows)),
        method="highs",
    )
    if relaxed.status == _INFEASIBLE:
        return None
    assert relaxed.status == 0, relaxed.message
    prices: Floats = np.maximum(-relaxed.ineqlin.marginals, 0.0) / scale
    return prices
