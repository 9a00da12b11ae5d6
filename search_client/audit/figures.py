"""Figures: how far predictions of networks are from their measurements, and measurements from each other."""

import math
import statistics
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict
from scipy.stats import kendalltau, spearmanr

#: Fewer networks hardly have an order: four that are shuffled look sorted one time in 24.
LEAST_RANKED = 5


class Figures(BaseModel):
    """How far one list of latencies is from another, over the same networks.

    Attributes:
        networks: How many there are.
        mape_percent: Mean absolute error, as a share of what was measured.
        mape_error: Standard error of that mean over networks, in points; None for one network.
        rmse_ms: Root of the mean squared error.
        spearman: Rank correlation; None for fewer than LEAST_RANKED networks, and where all of a list are alike.
        kendall: Likewise, tau-b.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    networks: int
    mape_percent: float
    mape_error: float | None
    rmse_ms: float
    spearman: float | None
    kendall: float | None


def figures(predicted_ms: Sequence[float], measured_ms: Sequence[float]) -> Figures:
    """Return how far predictions are from measurements.

    Args:
        predicted_ms: Of at least one network.
        measured_ms: Of the same ones, in the same order; positive.
    """
    pairs = list(zip(predicted_ms, measured_ms, strict=True))
    shares = [100 * abs(predicted / measured - 1) for predicted, measured in pairs]
    return Figures(
        networks=len(pairs),
        mape_percent=statistics.fmean(shares),
        mape_error=statistics.stdev(shares) / math.sqrt(len(shares)) if len(shares) > 1 else None,
        rmse_ms=math.sqrt(statistics.fmean((predicted - measured) ** 2 for predicted, measured in pairs)),
        spearman=_rank_correlation(spearmanr, predicted_ms, measured_ms),
        kendall=_rank_correlation(kendalltau, predicted_ms, measured_ms),
    )


def repeatability(first_ms: Sequence[float], second_ms: Sequence[float]) -> Figures:
    """Return how far one session's measurements are from another's of the same networks, the common factor removed.

    The common factor, the geometric mean of the ratios, is the machine's speed, which anchors take out of predictions.
    Both sides are noisy: errors are above what a perfect predictor would have (by the root of two, for normal noise
    that is alike in both), and rank correlations below.

    Args:
        first_ms: Of at least one network.
        second_ms: Of the same ones, in the same order.
    """
    logs = [math.log(first / second) for first, second in zip(first_ms, second_ms, strict=True)]
    common = math.exp(statistics.fmean(logs))
    return figures([common * second for second in second_ms], first_ms)


def mean_figures(several: Sequence[Figures]) -> Figures:
    """Return the mean of several sessions' figures, or of several pairs'; there is at least one.

    The standard error is the mean, too, and not smaller: sessions share their networks, and so most of their errors.
    """
    return Figures(
        networks=round(statistics.fmean(each.networks for each in several)),
        mape_percent=statistics.fmean(each.mape_percent for each in several),
        mape_error=_mean_of_all([each.mape_error for each in several]),
        rmse_ms=statistics.fmean(each.rmse_ms for each in several),
        spearman=_mean_of_all([each.spearman for each in several]),
        kendall=_mean_of_all([each.kendall for each in several]),
    )


def _rank_correlation(method: object, first: Sequence[float], second: Sequence[float]) -> float | None:
    if len(first) < LEAST_RANKED or len(set(first)) == 1 or len(set(second)) == 1:
        return None
    assert callable(method)
    return float(method(first, second).statistic)


def _mean_of_all(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if len(known) == len(values) else None
