"""Calibration: how many spreads wide an interval must be, from tables that were predicted like the new one.

Scores of one table's ops depend on each other, so each table counts as one, however many ops it has. Were a new
device's own scores unknown, its share would stand at infinity, and the interval would hold 90 % of the ops of devices
that are drawn like the others, whatever the model: hierarchical conformal prediction (Lee, Barber, Willett,
Distribution-free inference with hierarchical data, 2023, arXiv:2306.06342, section 3), an instance of weighted split
conformal prediction. It takes nine other tables for anything finite.

Here the ops measured on the device tell how it compares: their scores, each predicted from the others, stand for its
share, and one more at infinity. That makes intervals finite with few tables and narrower with many; no theorem covers
it, as informative ops are not drawn like those that are left. The benchmark shows what they hold.
"""

import math
from collections.abc import Sequence

import numpy as np

from latency_service.modelling.additive import Vector
from latency_service.modelling.conformal import LEVEL


def spreads_wide(tables: Sequence[Vector], own: Vector, level: float = LEVEL) -> float:
    """Return by how many spreads an interval reaches to either side; infinity where too little is known.

    Args:
        tables: Scores of each other table; an empty one tells nothing.
        own: Scores of the ops that were measured on the new device, each predicted from the others.
        level: Share of ops that an interval holds.
    """
    groups = [*(scores for scores in tables if len(scores)), np.append(own, math.inf)]
    scores = np.concatenate(groups)
    weights = np.concatenate([np.full(len(group), 1 / (len(groups) * len(group))) for group in groups])
    order = np.argsort(scores, kind="stable")
    # Rounded first: sums of shares miss the level by what a computer cannot write.
    reached = np.round(np.cumsum(weights[order]), 12)
    return float(scores[order][np.searchsorted(reached, level)])
