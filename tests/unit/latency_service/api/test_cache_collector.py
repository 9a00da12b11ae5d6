from prometheus_client import CollectorRegistry, generate_latest

from latency_service.api.cache_collector import CacheCollector
from latency_service.services.byte_cache import ByteCache


def test_the_use_of_a_cache_is_shown_as_it_is_now() -> None:
    cache: ByteCache[str, bytes] = ByteCache(100, len)
    registry = CollectorRegistry()
    registry.register(CacheCollector({"tables": lambda: cache.use}))
    cache.get_or_load("a", lambda: b"1234567")
    cache.get("a")
    lines = generate_latest(registry).decode().splitlines()
    assert 'latency_service_cache_bytes{cache="tables"} 7.0' in lines
    assert 'latency_service_cache_hits_total{cache="tables"} 1.0' in lines
    assert 'latency_service_cache_misses_total{cache="tables"} 1.0' in lines
