"""The closed forms against refits, one for each observation that is left out."""

import numpy as np
import pytest

from latency_service.services.correction.leaving_out import (
    Matrix,
    missed_by,
    missed_without_another,
    residual_maker,
)

N = 9


def problem(seed: int, variance: float) -> tuple[Matrix, Matrix, Matrix]:
    """Return fixed columns, columns of deviations (scaled so that the ridge's strength is 1), and targets."""
    rng = np.random.default_rng(seed)
    fixed = np.stack((rng.uniform(0.9, 1.1, N), rng.uniform(0.5, 2.0, N)), axis=1)
    return fixed, np.sqrt(variance) * rng.uniform(size=(N, 14)), 1 + 0.1 * rng.normal(size=N)


def refitted_miss(fixed: Matrix, deviating: Matrix, targets: Matrix, seen: list[int], unseen: int) -> float:
    """Return what ridge regression, solved by its normal equations over all columns, makes of an unseen observation."""
    columns = np.concatenate((fixed, deviating), axis=1)
    penalty = np.diag([0.0] * fixed.shape[1] + [1.0] * deviating.shape[1])
    known = columns[seen]
    weights = np.linalg.solve(known.T @ known + penalty, known.T @ targets[seen])
    return float(targets[unseen] - columns[unseen] @ weights)


@pytest.mark.parametrize("variance", [0.0, 0.1, 10.0, 1000.0])
def test_leaving_one_out_is_refitting_without_it(variance: float) -> None:
    fixed, deviating, targets = problem(1, variance)
    missed = missed_by(residual_maker(fixed, deviating @ deviating.T), targets)
    for one in range(N):
        others = [index for index in range(N) if index != one]
        assert missed[one] == pytest.approx(refitted_miss(fixed, deviating, targets, others, one), abs=1e-8)


@pytest.mark.parametrize("variance", [0.0, 0.1, 10.0, 1000.0])
def test_leaving_two_out_is_refitting_without_both(variance: float) -> None:
    fixed, deviating, targets = problem(2, variance)
    missed = missed_without_another(residual_maker(fixed, deviating @ deviating.T), targets)
    for one in range(N):
        for other in set(range(N)) - {one}:
            others = [index for index in range(N) if index not in (one, other)]
            expected = refitted_miss(fixed, deviating, targets, others, other)
            assert missed[one, other] == pytest.approx(expected, abs=1e-8)


def test_who_alone_tells_a_column_cannot_be_predicted() -> None:
    fixed = np.array([[1.0, 0.0], [1.1, 0.0], [0.9, 0.0], [1.0, 1.0]])
    maker, targets = residual_maker(fixed, np.zeros((4, 4))), np.ones(4)
    assert np.isfinite(missed_by(maker, targets)).tolist() == [True, True, True, False]
    missed = missed_without_another(maker, targets)
    assert np.isinf(missed[3]).all()  # without the last, the others cannot be predicted by both columns
    assert np.isfinite(missed[0, [1, 2]]).all()
    assert np.isinf(missed[0, 3])
