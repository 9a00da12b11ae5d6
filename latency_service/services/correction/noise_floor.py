"""Noise floor: how well a network's measurement predicts its next one."""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean

import numpy as np

from latency_service.services.correction.anchors import LEAST_ANCHORS, Anchor
from latency_service.services.correction.rounding import rounded

#: The mean absolute difference of two values that are normal, for intervals of 95 % that are 1 wide to either side.
_MEAN_DIFFERENCE = 2 / math.sqrt(math.pi) / NormalDist().inv_cdf(0.975)


def noise_floor_percent(anchors: Sequence[Anchor]) -> float | None:
    """Return the mean absolute difference of anchors between their two newest sessions, but for the common factor.

    The common factor, the geometric mean of the ratios, is the machine's speed, which a correction takes out as well.
    None where fewer than LEAST_ANCHORS have a second session.
    """
    pairs = [(anchor.latency_ms, anchor.earlier_ms) for anchor in anchors if anchor.earlier_ms is not None]
    if len(pairs) < LEAST_ANCHORS:
        return None
    logs = np.log([newest / earlier for newest, earlier in pairs])
    return rounded(100 * float(np.mean(np.abs(np.expm1(logs - logs.mean())))))


def noise_of_intervals_percent(anchors: Sequence[Anchor]) -> float:
    """Return the noise floor that a second session would show, did the intervals of the newest one tell all noise."""
    return 100 * _MEAN_DIFFERENCE * fmean(anchor.half_width for anchor in anchors)
