"""Conformal intervals: jackknife+ with scores in units of each prediction's own standard deviation.

What is guaranteed: where the rows and the asked op are exchangeable (drawn alike) and the regression treats its rows
alike, an interval of level 1 - alpha holds the truth with probability 1 - 2 alpha at least, whatever the regression and
however few the rows; in practice, and for regressions that one row hardly moves, 1 - alpha. Held-out rows tell which.
It is an average over ops: an op unlike all that were measured is not covered by it.

Tables are small, about a hundred rows: split conformal would give half of them away, and CV+ costs a fit a fold.

Sources: Barber, Candes, Ramdas, Tibshirani, Predictive inference with the jackknife+, Annals of Statistics 49 (2021),
arXiv:1905.02928, theorem 1; its proof holds for any score of a row by a model that was fitted without it. Scores in
units of a standard deviation: Lei, G'Sell, Rinaldo, Tibshirani, Wasserman, Distribution-free predictive inference for
regression, JASA 113 (2018), arXiv:1604.04173, section 5.2.
"""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEVEL = 0.9


def least_rows(level: float = LEVEL) -> int:
    """Return with how many rows an interval is finite."""
    return math.ceil(round(1 / (1 - level), 9)) - 1


def jackknife_plus(centres: Array, spreads: Array, scores: Array, level: float = LEVEL) -> tuple[Array, Array]:
    """Return the intervals' lower and upper ends, shape (asked,) each.

    Args:
        centres: Shape (asked, rows): what the model without a row predicts.
        spreads: Likewise, its standard deviations.
        scores: Shape (rows,): how far off that model is at its row, in its standard deviations; not negative.
        level: 1 - alpha.
    """
    rows = len(scores)
    # Rounded first: 0.9 * 20 is 18.000000000000004 for a computer, and a rank more is a wider interval.
    above = math.ceil(round(level * (rows + 1), 9))
    if above > rows:
        endless = np.full(len(centres), math.inf)
        return -endless, endless
    below = rows + 1 - above
    ends = np.sort(centres - scores * spreads, axis=1), np.sort(centres + scores * spreads, axis=1)
    return ends[0][:, below - 1], ends[1][:, above - 1]
