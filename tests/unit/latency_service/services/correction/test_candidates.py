"""What is fitted, against the same model solved in its primal form; and which fit is chosen."""

import numpy as np
import pytest

from latency_service.services.correction.candidates import Candidate, Fit, choose, possible_fits
from latency_service.services.correction.design import Design
from tests.unit.latency_service.services.correction.simulated_device import (
    Session,
    additive,
    measured_alone,
    random_networks,
)


@pytest.fixture(scope="module")
def design() -> Design:
    rng = np.random.default_rng(7)
    return Design.of(measured_alone(rng), Session(additive(rng)).anchors(random_networks(rng, 22), rng))


def test_a_fit_is_the_ridge_of_classes_and_ops_around_the_scale(design: Design) -> None:
    """Least squares of relative errors, deviations penalised by the inverse of their variance."""
    found = [fit for fit in possible_fits(design) if fit.candidate.class_variance and fit.candidate.op_variance]
    assert len(found) > 20
    for fit in found:
        fixed = design.work(fit.candidate.has_intercept)
        columns = np.concatenate((fixed, design.class_shares, design.shares), axis=1)
        penalties = [0.0] * fixed.shape[1]
        penalties += [1 / fit.candidate.class_variance] * design.class_shares.shape[1]
        penalties += [1 / fit.candidate.op_variance] * design.shares.shape[1]
        weights = np.linalg.solve(columns.T @ columns + np.diag(penalties), columns.T @ design.targets)
        of_classes, of_ops = np.split(weights[fixed.shape[1] :], [design.class_shares.shape[1]])
        assert fit.scale == pytest.approx(weights[0], rel=1e-6)
        assert fit.factors == pytest.approx(weights[0] + design.memberships @ of_classes + of_ops, rel=1e-6)
        if fit.candidate.has_intercept:
            assert fit.intercept_ms == pytest.approx(weights[1] * design.measured_ms.mean(), rel=1e-5)


def test_without_variances_every_op_has_the_scale(design: Design) -> None:
    fit = possible_fits(design)[0]
    assert fit.candidate == Candidate(has_intercept=False)
    assert fit.factors == pytest.approx(fit.scale)


def test_a_fit_that_makes_an_op_cost_next_to_nothing_is_none(design: Design) -> None:
    factors = np.array([1.0, 0.2, 2.0])
    fit = Fit(Candidate(False), np.eye(3), 1.0, 0.0, factors)
    assert fit.is_possible
    assert not Fit(Candidate(False), np.eye(3), 1.0, 0.0, factors - 0.15).is_possible
    assert not Fit(Candidate(True), np.eye(3), -1.0, 9.0, factors).is_possible


def chosen(*rows: tuple[Candidate, list[float]]) -> Candidate:
    made = [Fit(candidate, np.eye(1), 1.0, 0.0, np.ones(1)) for candidate, _ in rows]
    return made[choose(made, np.array([errors for _, errors in rows]))].candidate


SCALE, RIDGE, INTERCEPT = Candidate(False), Candidate(False, 1.0, 10.0), Candidate(True)


def test_the_least_error_decides_and_among_equals_the_simpler_fit() -> None:
    assert chosen((SCALE, [2.0, 2.0, 2.0]), (RIDGE, [1.0, 1.0, 3.0])) == RIDGE
    assert chosen((SCALE, [2.0, 2.0, 2.0]), (RIDGE, [2.0, 2.0, 2.0 - 1e-12])) == SCALE


def test_an_intercept_must_gain_more_than_the_standard_error_of_its_gain() -> None:
    assert chosen((SCALE, [2.0, 2.0, 2.0]), (INTERCEPT, [1.0, 1.2, 0.8])) == INTERCEPT
    assert chosen((SCALE, [2.0, 2.0, 2.0]), (INTERCEPT, [0.0, 2.5, 2.5])) == SCALE


def test_what_cannot_be_predicted_without_one_of_the_anchors_is_not_chosen() -> None:
    assert chosen((SCALE, [2.0, 2.0, 2.0]), (INTERCEPT, [0.0, 0.0, np.inf])) == SCALE
