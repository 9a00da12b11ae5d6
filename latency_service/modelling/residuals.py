"""Residuals: a Gaussian process over what additive costs miss, in logarithms; and the same without each row in turn."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Kernel, WhiteKernel
from threadpoolctl import threadpool_limits

from latency_service.modelling.additive import Vector
from latency_service.modelling.features import Matrix

#: Standard deviations of the logarithm, squared: what the costs miss by, and what measurements scatter by.
_SIGNAL, _NOISE = 0.05, 1e-3
#: Over which two ops tell of each other, in standard deviations of a feature over the rows.
_LENGTH = 3.0
#: Before anything is known, the logarithm of each of these has that standard deviation: a factor of about three.
#: Without a prior, a hundred rows are explained too well, by lengths that are too short, and intervals are too narrow.
_PRIOR_DEVIATION = 1.0
_BOUNDS, _NOISE_BOUNDS = (1e-3, 1e3), (1e-4, 1.0)
_MOST_STEPS = 60


@dataclass(frozen=True)
class Process:
    """A Gaussian process with its kernel chosen and its rows known.

    Attributes:
        rows: The rows' features, shape (rows, features).
        inverse: Of the rows' covariance, noise included.
        variance: Of a value anywhere before anything is known, without noise.
        noise: Variance of a measurement around its value.
    """

    kernel: Kernel
    rows: Matrix
    inverse: Matrix
    variance: float
    noise: float

    def leave_out(self, residuals: Matrix) -> Matrix:
        """Return the weights of rows in a prediction by a process that lacks one of them, shape (rows, left out).

        Args:
            residuals: Shape (rows, left out): of each row, where the costs are priced without the one left out.

        Source: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), section 5.4.2; here the mean
        changes with the row left out.
        """
        weights = self.inverse @ residuals
        return np.asarray(weights - self.inverse * (np.diag(weights) / np.diag(self.inverse)))

    def covariance_with_rows(self, features: Matrix) -> Matrix:
        """Return the covariance of values with the rows', shape (asked, rows)."""
        return np.asarray(self.kernel(features, self.rows))

    def covariance(self, features: Matrix) -> Matrix:
        """Return the covariance of values among each other once the rows are known, without noise."""
        known = self.covariance_with_rows(features)
        # sklearn adds a WhiteKernel's noise to k(x) and not to k(x, y).
        return np.asarray(self.kernel(features, features) - known @ self.inverse @ known.T)

    def variances_without(self, features: Matrix) -> Matrix:
        """Return the variance of a measurement by processes that lack a row, shape (asked, left out)."""
        gains = self.covariance_with_rows(features) @ self.inverse
        explained = np.einsum("ar,ar->a", gains, self.covariance_with_rows(features))
        with_all = np.maximum(self.variance - explained, 0.0) + self.noise
        return np.asarray(with_all[:, None] + gains**2 / np.diag(self.inverse))


def fit_process(features: Matrix, residuals: Vector) -> Process:
    """Return the process whose kernel is most probable given the residuals, found from one fixed start.

    Args:
        features: Shape (rows, features), each feature with a standard deviation of 1.
        residuals: Shape (rows,).
    """
    lengths = np.full(features.shape[1], _LENGTH)
    kernel = ConstantKernel(_SIGNAL, _BOUNDS) * RBF(lengths, _BOUNDS) + WhiteKernel(_NOISE, _NOISE_BOUNDS)
    # Without its optimiser, which knows of no prior and warns of every bound that it meets.
    regressor = GaussianProcessRegressor(kernel, optimizer=None).fit(features, residuals)
    start = regressor.kernel_.theta

    def cost(theta: Vector) -> tuple[float, Vector]:
        likelihood, slope = regressor.log_marginal_likelihood(theta, eval_gradient=True)
        away = (theta - start) / _PRIOR_DEVIATION
        return away @ away / 2 - likelihood, away / _PRIOR_DEVIATION - slope

    # More threads than one make matrices of this size slower, and take cores from other requests.
    with threadpool_limits(1):
        found = minimize(
            cost, start, method="L-BFGS-B", jac=True, bounds=kernel.bounds, options={"maxiter": _MOST_STEPS}
        )
    chosen = kernel.clone_with_theta(found.x)
    return Process(
        kernel=chosen,
        rows=features,
        inverse=np.linalg.inv(chosen(features)),
        variance=float(chosen.k1.k1.constant_value),
        noise=float(chosen.k2.noise_level),
    )
