"""Transfer: which few ops to measure on a new device, and what these tell of all others.

The others' tables must stand under the same ops. The same tables give the same answers. Making one costs a few hundred
factorisations of a matrix of the ops for each table: a second for a dozen tables of a hundred ops on one core.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from latency_service.contract.errors import InvalidInput
from latency_service.contract.ops import OpSpec
from latency_service.modelling.additive import Vector
from latency_service.modelling.features import Matrix, feature_matrix
from latency_service.modelling.informative import most_informative
from latency_service.modelling.model import Prediction
from latency_service.modelling.transfer.calibration import spreads_wide
from latency_service.modelling.transfer.prior import Amounts, amounts_for, prior_of, squared_distances
from latency_service.modelling.transfer.shares import shares_of
from latency_service.modelling.transfer.student import Places

DEFAULT_COUNT = 10


class Transfer:
    """What tables of other devices tell; it never changes.

    Args:
        ops: Each once.
        latencies_ms: Of the other tables, above zero, shape (tables, ops); not a number where one lacks an op.

    Raises:
        TooFewTables: An op stands in fewer than two of them.
    """

    def __init__(self, ops: Sequence[OpSpec], latencies_ms: Matrix, amounts: Amounts | None = None) -> None:
        self._logs = np.log(latencies_ms)
        self._shares = shares_of(self._logs)
        self._distances = squared_distances(feature_matrix(ops))
        self._amounts = amounts or amounts_for(self._shares, self._distances)
        self._prior = prior_of(self._shares, self._distances, self._amounts)
        tables = range(len(latencies_ms))
        self._priors_without = [prior_of(self._shares.without(t), self._distances, self._amounts) for t in tables]

    @property
    def amounts(self) -> Amounts:
        """What the other tables say of how far devices are alike."""
        return self._amounts

    def informative(self, count: int = DEFAULT_COUNT, given: Sequence[int] = ()) -> list[int]:
        """Return the places of the ops to measure, the most informative first.

        Each is the op whose measurement shrinks the summed variance of all ops' log-latencies most, those before it
        being measured. (Pivoted QR of the factors alone, as of Manohar, Brunton, Kutz, Brunton, Data-driven sparse
        sensor placement, IEEE Control Systems 38 (2018), arXiv:1701.07569, knows neither noise nor features.)

        Args:
            count: How many at most.
            given: Places of ops that are measured already.
        """
        prior = self._prior
        chosen = most_informative(prior.shared, [1.0] * len(prior.mean), prior.noise, count, given)
        return [each.place for each in chosen]

    def predict(self, measured_ms: Mapping[int, float]) -> list[Prediction]:
        """Return what each op takes on the new device; one that was measured takes what was measured.

        Args:
            measured_ms: On the new device, by the ops' places, above zero.

        Raises:
            InvalidInput: Nothing was measured.
        """
        if not measured_ms:
            raise InvalidInput("nothing was measured on the device: measure one op at least, ten rather")
        places = np.array(sorted(measured_ms), dtype=np.intp)
        values = np.log([measured_ms[place] for place in places])
        centres, spreads = self._prior.given(values, places)
        tables = [self._scores(table, places) for table in range(len(self._logs))]
        reach = spreads_wide(tables, self._prior.left_out_scores(values, places)) * spreads
        centres[places], reach[places] = values, 0.0
        # Beyond a factor of 1e300 an end is none: 0 and infinity say so.
        with np.errstate(over="ignore"):
            ends = zip(np.exp(centres), np.exp(centres - reach), np.exp(centres + reach), strict=True)
        return [Prediction(float(each), float(low), float(high)) for each, low, high in ends]

    def _scores(self, table: int, places: Places) -> Vector:
        """Return how far another table's ops are off, in spreads, when these alone are known of it."""
        logs = self._logs[table]
        asked = np.isfinite(logs)
        known = places[asked[places]]
        if not len(known):
            return np.empty(0)
        asked[known] = False
        centres, spreads = self._priors_without[table].given(logs[known], known)
        return np.asarray(np.abs(logs - centres)[asked] / spreads[asked])
