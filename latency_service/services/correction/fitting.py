"""Fitting: the correction of a table's entries to its anchors.

From LEAST_ANCHORS on, one scale s that makes relative errors small: least sum of (s * sum / measured - 1)^2. From
ENOUGH_FOR_OPS on, ridge: factors of classes and ops that deviate from the scale, as far as leave-one-out has it. Both
may have an intercept, where leave-one-out supports one. Whatever is chosen, a network's latency stays
intercept + the sum over its ops of factor x entry.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from latency_service.contract.messages import Correction
from latency_service.contract.network import WorkloadKey
from latency_service.services.correction.accuracy import network_error
from latency_service.services.correction.additivity import additivity_of
from latency_service.services.correction.anchors import LEAST_ANCHORS, Anchor
from latency_service.services.correction.candidates import Fit, choose, possible_fits
from latency_service.services.correction.design import Design
from latency_service.services.correction.leaving_out import Matrix, missed_by, missed_without_another
from latency_service.services.correction.noise_floor import noise_floor_percent, noise_of_intervals_percent
from latency_service.services.correction.rounding import rounded


def fit_correction(entries_ms: Mapping[str, float], anchors: Sequence[Anchor]) -> Correction | None:
    """Return the correction of entries, or None where the anchors are too few.

    `held_out` is a nested leave-one-out: each anchor is predicted by what would have been chosen and fitted without it,
    strengths and intercept included. Two things alone have seen it: which candidates are possible (no factor near
    zero), and, as in every cross-validation, the entries, which are not fitted to anchors at all. It speaks of networks
    that are drawn like the anchors, in the session in which these were measured.

    Args:
        entries_ms: Of every op that occurs in an anchor.
        anchors: In any order.
    """
    if len(anchors) < LEAST_ANCHORS:
        return None
    anchors = sorted(anchors, key=lambda anchor: anchor.key)
    design = Design.of(entries_ms, anchors)
    candidates = possible_fits(design)
    measured = design.measured_ms
    chosen = candidates[choose(candidates, _squared_errors(candidates, design))]
    held_out = network_error(measured, measured * (1 - _nested_errors(candidates, design)))
    noise_floor = noise_floor_percent(anchors)
    noise = noise_of_intervals_percent(anchors) if noise_floor is None else noise_floor
    return Correction(
        method="class_and_op" if _deviates(chosen) else "scale",
        scale=rounded(chosen.scale),
        factors=_factors(chosen, design) if _deviates(chosen) else {},
        intercept_ms=rounded(chosen.intercept_ms),
        anchors=tuple(WorkloadKey(anchor.key) for anchor in anchors),
        held_out=held_out,
        naive=network_error(measured, design.op_ms.sum(axis=1)),
        noise_floor_percent=noise_floor,
        additivity=additivity_of(design, held_out.mape_percent, noise),
    )


def _squared_errors(candidates: Sequence[Fit], design: Design) -> Matrix:
    return np.stack([missed_by(fit.maker, design.targets) for fit in candidates]) ** 2


def _nested_errors(candidates: Sequence[Fit], design: Design) -> Matrix:
    """Return by how much each anchor is missed, as a share of it, by the choice that is made without it."""
    outer = np.stack([missed_by(fit.maker, design.targets) for fit in candidates])
    inner = np.stack([missed_without_another(fit.maker, design.targets) for fit in candidates]) ** 2
    return np.array(
        [
            outer[choose(candidates, np.delete(inner[:, left_out], left_out, axis=1)), left_out]
            for left_out in range(len(design.targets))
        ]
    )


def _deviates(fit: Fit) -> bool:
    return fit.candidate.class_variance > 0 or fit.candidate.op_variance > 0


def _factors(fit: Fit, design: Design) -> dict[WorkloadKey, float]:
    return {WorkloadKey(key): rounded(float(factor)) for key, factor in zip(design.op_keys, fit.factors, strict=True)}
