"""Rank correlation: whether two lists of figures put the same things in the same order."""

import math
from collections.abc import Sequence
from itertools import combinations


def kendall_tau(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the share of pairs in the same order less that of pairs in the opposite one, -1 to 1; ties are neither.

    Source: Kendall, A New Measure of Rank Correlation, Biometrika 30 (1938): tau-a.
    """
    pairs = list(combinations(zip(first, second, strict=True), 2))
    agreement = [_sign(a - c) * _sign(b - d) for (a, b), (c, d) in pairs]
    return sum(agreement) / len(pairs)


def spearman_rho(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the correlation of the ranks, -1 to 1; no list may hold the same figure twice."""
    count = len(first)
    squares = sum((a - b) ** 2 for a, b in zip(_ranks(first), _ranks(second), strict=True))
    return 1 - 6 * squares / (count * (count**2 - 1))


def _ranks(values: Sequence[float]) -> list[int]:
    rank = {value: index for index, value in enumerate(sorted(values))}
    if len(rank) < len(values):
        raise ValueError("figures that are equal have no rank")
    return [rank[value] for value in values]


def _sign(value: float) -> int:
    return 0 if value == 0 else int(math.copysign(1, value))
