"""Candidates: the fits that leave-one-out chooses among."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from latency_service.services.correction.accuracy import standard_error
from latency_service.services.correction.design import Design, are_independent
from latency_service.services.correction.leaving_out import Matrix, residual_maker

#: From so many anchors on, classes and ops may deviate from the scale: with ten the study's slopes did harm.
ENOUGH_FOR_OPS = 20
#: Variances of deviations, in those of an anchor's noise: with the study's 0.7 %, deviations of 0.7 % to 70 %.
_VARIANCES = (0.0, 1.0, 10.0, 100.0, 1_000.0, 10_000.0)
#: Of the scale: no op costs less than that in a network. The study's furthest is at half.
_LEAST_FACTOR = 0.1
#: Mean squared errors that differ by that share, or by a billionth of a latency squared, differ by rounding alone.
_SAME, _NOTHING = 1e-9, 1e-18


@dataclass(frozen=True)
class Candidate:
    """A way to fit; the larger a variance, the weaker the ridge."""

    has_intercept: bool
    class_variance: float = 0.0
    op_variance: float = 0.0


@dataclass(frozen=True)
class Fit:
    """A candidate fitted to anchors.

    Attributes:
        maker: Of its residuals; see leaving_out.py.
        factors: Of the design's ops, in their order.
    """

    candidate: Candidate
    maker: Matrix
    scale: float
    intercept_ms: float
    factors: Matrix

    @property
    def is_possible(self) -> bool:
        """Whether every op costs something."""
        return self.scale > 0 and bool((self.factors >= _LEAST_FACTOR * self.scale).all())


def possible_fits(design: Design) -> list[Fit]:
    """Return the candidates' fits that are possible, the simplest first; a scale alone always is."""
    found = [_fit(design, candidate) for candidate in _candidates(design)]
    return [fit for fit in found if fit.is_possible]


def choose(fits: Sequence[Fit], squared: Matrix) -> int:
    """Return which fit errs least; an intercept must gain more than the standard error of what it gains.

    Args:
        fits: The simplest first, and the first without an intercept.
        squared: Errors of each fit (row), each of an observation that it had not seen.
    """
    without, with_intercept = (_best(fits, squared, has_intercept) for has_intercept in (False, True))
    assert without is not None, "a scale alone is always possible"
    if with_intercept is None:
        return without
    gains = squared[without] - squared[with_intercept]
    return with_intercept if gains.mean() > standard_error(gains) + _NOTHING else without


def _candidates(design: Design) -> list[Candidate]:
    intercepts = (False, True) if are_independent(design.work(has_intercept=True)) else (False,)
    variances = _VARIANCES if len(design.measured_ms) >= ENOUGH_FOR_OPS else (0.0,)
    return [Candidate(*each) for each in product(intercepts, variances, variances)]


def _fit(design: Design, candidate: Candidate) -> Fit:
    fixed = design.work(candidate.has_intercept)
    shares, class_shares = design.shares, design.class_shares
    kernel = candidate.class_variance * class_shares @ class_shares.T + candidate.op_variance * shares @ shares.T
    maker = residual_maker(fixed, kernel)
    residuals = maker @ design.targets
    # What neither deviations nor noise explain is what the fixed columns do, exactly.
    explained = design.targets - residuals - kernel @ residuals
    coefficients = np.linalg.lstsq(fixed, explained, rcond=None)[0]
    by_class = candidate.class_variance * class_shares.T @ residuals
    return Fit(
        candidate=candidate,
        maker=maker,
        scale=float(coefficients[0]),
        intercept_ms=float(coefficients[1]) * design.intercept_unit_ms if candidate.has_intercept else 0.0,
        factors=coefficients[0] + design.memberships @ by_class + candidate.op_variance * shares.T @ residuals,
    )


def _best(fits: Sequence[Fit], squared: Matrix, has_intercept: bool) -> int | None:
    means = {
        index: float(errors.mean())
        for index, (fit, errors) in enumerate(zip(fits, squared, strict=True))
        if fit.candidate.has_intercept == has_intercept and np.isfinite(errors).all()
    }
    least = min(means.values(), default=0.0)
    return next((index for index, mean in means.items() if mean <= least * (1 + _SAME) + _NOTHING), None)
