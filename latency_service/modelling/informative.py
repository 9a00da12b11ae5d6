"""Informative ops: which of those that are only predicted to measure, so that all predictions are off by less."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from latency_service.modelling.features import Matrix


class Choice(NamedTuple):
    """One op, by its place, and the share of the summed variance that is left when it is measured too."""

    place: int
    remaining: float


def most_informative(
    covariance: Matrix, worth: Sequence[float], noise: float, count: int, given: Sequence[int] = ()
) -> list[Choice]:
    """Return the ops to measure, the most informative first.

    Each is the one whose measurement shrinks the weighted sum of all variances most, those before it being measured.

    Args:
        covariance: Of the ops' log-latencies, shape (ops, ops).
        worth: What a unit of each op's variance weighs, not negative.
        noise: Variance of a measurement.
        count: How many at most.
        given: Places of ops that are measured already.

    Source: Cohn, Neural network exploration using optimal experiment design, Neural Networks 9 (1996); for Gaussian
    processes Seo, Wallat, Graepel, Obermayer, Gaussian process regression: active data selection, IJCNN 2000 ("ALC").
    """
    left, weights, measured = covariance.copy(), np.asarray(worth), list(given)
    for place in measured:
        _measure(left, place, noise)
    total = float(weights @ np.diag(left))
    choices: list[Choice] = []
    for _ in range(min(count, len(left) - len(measured))):
        gains = weights @ left**2 / (np.diag(left) + noise)
        gains[measured] = -1.0
        place = int(np.argmax(gains))
        _measure(left, place, noise)
        measured.append(place)
        remaining = float(weights @ np.diag(left)) / total if total > 0 else 0.0
        choices.append(Choice(place, min(1.0, max(0.0, remaining))))
    return choices


def _measure(left: Matrix, place: int, noise: float) -> None:
    """Take from the covariance, in place, what a measurement of one op tells."""
    left -= np.outer(left[place], left[place]) / (left[place, place] + noise)
