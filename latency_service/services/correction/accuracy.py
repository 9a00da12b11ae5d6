"""Accuracy: how far predictions of networks are from what was measured."""

import numpy as np

from latency_service.contract.messages import NetworkError
from latency_service.services.correction.leaving_out import Matrix
from latency_service.services.correction.rounding import rounded


def network_error(measured_ms: Matrix, predicted_ms: Matrix) -> NetworkError:
    """Return the error of predictions, in the order of what was measured."""
    kendall = tau_b(measured_ms, predicted_ms)
    return NetworkError(
        mape_percent=rounded(100 * float(np.mean(np.abs(predicted_ms / measured_ms - 1)))),
        rmse_ms=rounded(float(np.sqrt(np.mean((predicted_ms - measured_ms) ** 2)))),
        kendall=None if kendall is None else rounded(kendall),
    )


def tau_b(one: Matrix, other: Matrix) -> float | None:
    """Return Kendall's rank correlation; None where all values of either are alike.

    SciPy has it, and takes a second to import while a table is locked.

    Source: Kendall, The treatment of ties in ranking problems, Biometrika 33 (1945).
    """
    signs = [np.sign(values[:, None] - values[None, :]) for values in (one, other)]
    untied = [float(np.sum(each * each)) for each in signs]
    if 0.0 in untied:
        return None
    return float(np.clip(np.sum(signs[0] * signs[1]) / np.sqrt(untied[0] * untied[1]), -1.0, 1.0))


def standard_error(values: Matrix) -> float:
    """Return the standard error of the mean of values that are independent."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))
