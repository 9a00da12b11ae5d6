"""Additive costs: an op's latency as the sum of what its layers do, each kind of work at a price of its own.

It is what can be said of sizes far from those that were measured; what it misses is the Gaussian process's part.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from latency_service.modelling.features import Matrix

Vector = NDArray[np.float64]

#: No op is said to cost less than this share of the cheapest one that was measured.
_LEAST_SHARE = 0.01
#: How much rather a price is put on what all windows share; so little that it decides nothing but ties.
_TIE_BREAKER = 1e-3


def fit_prices(costs: Matrix, latencies_ms: Vector, surcharges: Sequence[int] = ()) -> Vector:
    """Return each kind of work's price, milliseconds, none below zero: least squares of the relative errors.

    Args:
        costs: Shape (ops, kinds of work).
        latencies_ms: Shape (ops,), above zero.
        surcharges: Columns of costs that are made use of only where others do not do.
    """
    scale = costs.max(axis=0)
    scale[scale == 0] = 1.0
    relative = costs / scale / latencies_ms[:, None]
    avoided = _TIE_BREAKER * np.eye(costs.shape[1])[list(surcharges)]
    target = np.concatenate([np.ones(len(latencies_ms)), np.zeros(len(avoided))])
    prices, _ = nnls(np.concatenate([relative, avoided]), target)
    return np.asarray(prices / scale, dtype=np.float64)


def log_latencies(costs: Matrix, prices: Matrix, cheapest_ms: float) -> Matrix:
    """Return the logarithm of what ops cost, shape (ops, price lists).

    Args:
        costs: Shape (ops, kinds of work).
        prices: Shape (price lists, kinds of work).
        cheapest_ms: The least that was measured of any op.
    """
    return np.asarray(np.log(np.maximum(costs @ prices.T, _LEAST_SHARE * cheapest_ms)))
