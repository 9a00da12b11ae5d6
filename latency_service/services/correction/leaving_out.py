"""Leaving out: what a fit would have said of each observation, had it not seen it, without fitting anew.

The model is targets = fixed @ coefficients + deviations + noise, with noise of variance 1 and deviations of covariance
`kernel`: ridge regression with unpenalised columns, in its dual form. The residual maker R is V^-1, V = 1 + kernel, but
for what the fixed columns explain of it. Where i is left out, i is missed by (R t)_i / R_ii, and what remains of R is
its Schur complement: so a second one can be left out just as cheaply, which is what a nested leave-one-out needs.

Sources: Dubrule, Cross validation of kriging in a unique neighborhood, Mathematical Geology 15 (1983). Without a kernel
it is the PRESS residual of least squares: Allen, The relationship between variable selection and data augmentation and
a method for prediction, Technometrics 16 (1974).
"""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

#: Of V^-1's: with less left on R's diagonal, an observation is all that there is for one of the fixed columns.
_LEAST_FREEDOM = 1e-9


def residual_maker(fixed: Matrix, kernel: Matrix) -> Matrix:
    """Return R; R @ targets is V^-1 @ (targets - fixed @ coefficients).

    Args:
        fixed: Shape (n, p), of full column rank.
        kernel: Shape (n, n), positive semi-definite.
    """
    inverse = np.linalg.inv(np.eye(len(fixed)) + kernel)
    weighted = inverse @ fixed
    return np.asarray(inverse - weighted @ np.linalg.solve(fixed.T @ weighted, weighted.T))


def missed_by(maker: Matrix, targets: Matrix) -> Matrix:
    """Return target minus prediction of each observation, of shape (n,), by a fit to the others.

    It is infinite where the others cannot predict it.
    """
    return _ratio(maker @ targets, np.diag(maker))


def missed_without_another(maker: Matrix, targets: Matrix) -> Matrix:
    """Return by how much j is missed by a fit to all but i and j, in row i and column j; the diagonal says nothing."""
    residuals, freedom = maker @ targets, np.diag(maker)
    is_free = (freedom > _LEAST_FREEDOM)[:, None]
    told_by_i = np.where(is_free, maker / np.where(is_free, freedom[:, None], 1.0), 0.0)
    missed = _ratio(residuals - told_by_i * residuals[:, None], freedom - told_by_i * maker)
    return np.where(is_free, missed, np.inf)


def _ratio(above: Matrix, below: Matrix) -> Matrix:
    is_free = below > _LEAST_FREEDOM
    return np.where(is_free, above / np.where(is_free, below, 1.0), np.inf)
