"""RequestTimes: a histogram of how long requests took, counted without a lock.

The event loop's thread alone counts, so that prometheus_client's own histogram, which any thread may use, would make a
warm read a twentieth slower for nothing.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class RequestTimes(Collector):
    """Times by route, method and class of status.

    Args:
        name: Of the histogram.
        upper_bounds_s: Of its buckets, rising; one without end comes after them.
    """

    def __init__(self, name: str, upper_bounds_s: Sequence[float]) -> None:
        self._name = name
        self._upper_bounds_s = tuple(upper_bounds_s)
        self._bounds = [*map(floatToGoString, upper_bounds_s), "+Inf"]
        self._counts: dict[tuple[str, str, int], list[int]] = {}
        self._sums_s: dict[tuple[str, str, int], float] = {}

    def observe(self, route: str, method: str, status_class: int, elapsed_s: float) -> None:
        """Count one request."""
        key = (route, method, status_class)
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = [0] * len(self._bounds)
            self._sums_s[key] = 0.0
        counts[bisect_left(self._upper_bounds_s, elapsed_s)] += 1
        self._sums_s[key] += elapsed_s

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Yield the histogram as it is now."""
        family = HistogramMetricFamily(self._name, "Time to answer requests.", labels=("route", "method", "status"))
        for key, counts in list(self._counts.items()):
            route, method, status_class = key
            buckets = list(zip(self._bounds, map(float, accumulate(counts)), strict=True))
            family.add_metric((route, method, f"{status_class}xx"), buckets, self._sums_s[key])
        yield family
