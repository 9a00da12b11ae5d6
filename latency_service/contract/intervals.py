"""Confidence intervals of a median: of independent samples, and of samples taken in rounds."""

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from statistics import NormalDist, median

CI_LEVEL = 0.95
#: Rounds of a steady machine are called different this seldom.
ROUNDS_TEST_LEVEL = 0.05

#: One sample median in so many lies beyond each end: 95.6 % within. The half point above CI_LEVEL is what a series
#: loses that stops when it has samples enough.
_ENDS = 45

Interval = tuple[float, float]


def rounds_ci(rounds: Sequence[Sequence[float]], clock_step: float = 0.0) -> Interval:
    """Return the confidence interval (level CI_LEVEL) of the median of samples that were taken in rounds.

    It is that of independent samples, unless the rounds differ by more than chance. Then samples of one round say less
    than they seem to, and it reaches over the medians of all rounds. It is never narrower than one step of the clock to
    each side: noise below the step leaves samples alike that are equally wrong.

    Args:
        rounds: The samples of each round; at least one sample in all.
        clock_step: The clock's smallest step, in the samples' unit.
    """
    ordered = sorted(sample for samples in rounds for sample in samples)
    low, high = median_ci(ordered)
    if rounds_differ(rounds):
        medians = [median(samples) for samples in rounds if samples]
        low, high = min(low, *medians), max(high, *medians)
    middle = median(ordered)
    return min(low, max(middle - clock_step, ordered[0] / 2)), max(high, middle + clock_step)


def median_ci(ordered: Sequence[float]) -> Interval:
    """Return the confidence interval (level CI_LEVEL) of the median of sorted, independent samples.

    The interval between two order statistics has one of a few levels; between the two pairs around the
    wanted one it is interpolated. Below six samples no pair reaches it: the whole range is returned.

    Source: Hettmansperger and Sheather, Confidence intervals based on interpolated order statistics, Statistics &
        Probability Letters 4 (1986).
    """
    rank, inward = _ranks(len(ordered))
    if inward == 0.0:
        return ordered[rank], ordered[-1 - rank]
    low = ordered[rank] + inward * (ordered[rank + 1] - ordered[rank])
    return low, ordered[-1 - rank] + inward * (ordered[-2 - rank] - ordered[-1 - rank])


def rounds_differ(rounds: Sequence[Sequence[float]]) -> bool:
    """Say whether samples differ between rounds by more than chance explains.

    Source: Kruskal and Wallis, Use of ranks in one-criterion variance analysis, JASA 47 (1952).
    """
    groups = [samples for samples in rounds if samples]
    number, count = len(groups), sum(map(len, groups))
    rank_of, tied = _mid_ranks([sample for samples in groups for sample in samples])
    if number < 2 or tied == 1.0:
        return False
    squares = sum(sum(rank_of[sample] for sample in samples) ** 2 / len(samples) for samples in groups)
    statistic = (12 * squares / (count * (count + 1)) - 3 * (count + 1)) / (1 - tied)
    return statistic > _chi_square_limit(number - 1)


def _mid_ranks(samples: Sequence[float]) -> tuple[dict[float, float], float]:
    """Return each value's rank, the mean one among equals, and the share of all pairs and triples that are tied."""
    counts = sorted(Counter(samples).items())
    ends = accumulate(count for _, count in counts)
    ranks = {value: end - (count - 1) / 2 for (value, count), end in zip(counts, ends, strict=True)}
    total = len(samples)
    ties = sum(count**3 - count for _, count in counts)
    return ranks, ties / (total**3 - total) if total > 1 else 1.0


@lru_cache(maxsize=1024)
def _chi_square_limit(freedom: int) -> float:
    """Return the quantile 1 - ROUNDS_TEST_LEVEL of chi-square (Wilson and Hilferty, PNAS 17, 1931)."""
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + NormalDist().inv_cdf(1 - ROUNDS_TEST_LEVEL) * math.sqrt(spread)) ** 3)


@lru_cache(maxsize=4096)
def _ranks(n: int) -> tuple[int, float]:
    """Return the rank of the interval's lower end (0: the smallest sample), and how far towards the next it lies."""
    if n < 6:
        return 0, 0.0
    rank, binomial, tail = 0, n, 1  # binomial: C(n, rank + 1), from the one before it; anew each would take minutes
    allowed = 2**n // _ENDS  # integers: 2**n leaves the range of a float
    while tail + binomial <= allowed:
        rank += 1
        tail += binomial
        binomial = binomial * (n - rank) // (rank + 1)
    share = (2**n - _ENDS * tail) / (_ENDS * binomial)  # of the step from this pair's level to the next one's
    return rank, (n - rank - 1) * share / (rank + 1 + (n - 2 * rank - 2) * share)
