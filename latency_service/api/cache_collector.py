"""CacheCollector: how the caches of this replica are used."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from latency_service.api.meters import PREFIX
from latency_service.services.byte_cache import CacheUse


class CacheCollector(Collector):
    """Shows caches by name.

    Args:
        uses: Tell how each is used.
    """

    def __init__(self, uses: Mapping[str, Callable[[], CacheUse]]) -> None:
        self._uses = uses

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Yield the metrics."""
        held = GaugeMetricFamily(f"{PREFIX}_cache_bytes", "Memory that a cache holds.", labels=("cache",))
        hits = CounterMetricFamily(f"{PREFIX}_cache_hits", "What a cache had.", labels=("cache",))
        misses = CounterMetricFamily(f"{PREFIX}_cache_misses", "What a cache did not have.", labels=("cache",))
        for name, use_of in self._uses.items():
            use = use_of()
            held.add_metric((name,), use.bytes)
            hits.add_metric((name,), use.hits)
            misses.add_metric((name,), use.misses)
        yield held
        yield hits
        yield misses
