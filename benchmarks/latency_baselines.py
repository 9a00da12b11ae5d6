"""Latency baselines: what others predict an op's latency with, on the same rows as the service's latency model.

Each estimator is a function: the ops that were timed with their latencies, and the ops asked for; it returns what
these take, milliseconds.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import minimize
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor

from latency_service.contract.ops import OpSpec
from latency_service.modelling.additive import Vector
from latency_service.modelling.features import BYTES_A_VALUE, Matrix, feature_matrix
from latency_service.modelling.work import layers_of

Ops = Sequence[OpSpec]
Estimator = Callable[[Ops, Sequence[float], Ops], list[float]]

_TREES = 100


def roofline(ops: Ops, latencies_ms: Sequence[float], asked: Ops) -> list[float]:
    """Predict the longer of computing and moving bytes, plus a constant; three figures fitted to relative errors.

    Source: Williams, Waterman, Patterson, Roofline, Communications of the ACM 52 (2009).
    """
    work, latencies = _work(ops), np.array(latencies_ms)

    def error(logs: Vector) -> float:
        return float(np.mean(np.abs(_bound(work, logs) / latencies - 1)))

    # Each op bound by one of the two at the median's speed, and a tenth of the quickest op for the constant.
    speeds = [math.log(float(np.median(latencies / np.maximum(column, 1)))) for column in work.T]
    start = np.array([*speeds, math.log(float(latencies.min()) / 10)])
    found = minimize(error, start, method="Nelder-Mead", options={"maxiter": 2000, "xatol": 1e-4, "fatol": 1e-6})
    return [float(value) for value in _bound(_work(asked), found.x)]


def forest_per_kind(ops: Ops, latencies_ms: Sequence[float], asked: Ops) -> list[float]:
    """Predict by a random forest for each kind of op.

    Source: Zhang et al., nn-Meter, MobiSys 2021, section 4: a random forest per kernel over its shape, FLOPs and
    parameters. Its kernels are fused layers that it finds by tests on the device; here an op is one.
    """
    places = defaultdict(list)
    for place, op in enumerate(asked):
        places[op.kind].append(place)
    predicted = [math.nan] * len(asked)
    for kind, wanted in places.items():
        own = [place for place, op in enumerate(ops) if op.kind == kind]
        rows, known = [ops[place] for place in own], [latencies_ms[place] for place in own]
        forest = RandomForestRegressor(_TREES, random_state=0).fit(feature_matrix(rows), np.log(known))
        logs = forest.predict(feature_matrix([asked[place] for place in wanted]))
        for place, log in zip(wanted, logs, strict=True):
            predicted[place] = math.exp(log)
    return predicted


def gradient_boosting(ops: Ops, latencies_ms: Sequence[float], asked: Ops) -> list[float]:
    """Predict log-latencies by boosted trees over all features.

    Source: Friedman, Greedy function approximation, Annals of Statistics 29 (2001).
    """
    boosted = GradientBoostingRegressor(n_estimators=200, max_depth=3, subsample=0.8, random_state=0)
    boosted.fit(feature_matrix(ops), np.log(latencies_ms))
    return [math.exp(log) for log in boosted.predict(feature_matrix(asked))]


def _work(ops: Ops) -> Matrix:
    """Return MACs and bytes, shape (ops, 2)."""
    layers = [layers_of(op) for op in ops]
    moved = [BYTES_A_VALUE * sum(layer.weights + layer.moved for layer in each) for each in layers]
    return np.array([[op.macs for op in ops], moved], dtype=np.float64).T


def _bound(work: Matrix, logs: Vector) -> Vector:
    a_mac_ms, a_byte_ms, constant_ms = np.exp(logs)
    return np.asarray(np.maximum(work[:, 0] * a_mac_ms, work[:, 1] * a_byte_ms) + constant_ms)
