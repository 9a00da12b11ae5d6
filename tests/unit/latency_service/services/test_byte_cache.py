import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from latency_service.services.byte_cache import ByteCache


def cache_of(max_bytes: int) -> ByteCache[str, bytes]:
    return ByteCache(max_bytes, len)


def test_a_value_is_loaded_once() -> None:
    cache, stored = cache_of(10), [b"abc", b"another"]
    assert {cache.get_or_load("a", lambda: stored.pop(0)) for _ in range(3)} == {b"abc"}
    assert (cache.use.hits, cache.use.misses) == (2, 1)


def test_what_was_not_used_for_longest_is_forgotten_first() -> None:
    cache = cache_of(10)
    for key in ("a", "b"):
        cache.get_or_load(key, lambda: b"12345")
    cache.get("a")
    cache.get_or_load("c", lambda: b"12345")
    assert [cache.get(key) is not None for key in ("a", "b", "c")] == [True, False, True]
    assert (cache.use.values, cache.use.bytes) == (2, 10)


def test_a_value_that_is_too_large_is_answered_and_not_kept() -> None:
    cache = cache_of(4)
    assert cache.get_or_load("a", lambda: b"12345") == b"12345"
    assert cache.get("a") is None
    assert cache.use.bytes == 0


def test_many_askers_wait_for_one_loader() -> None:
    cache, started, go_on, loads = cache_of(10), threading.Event(), threading.Event(), []

    def load() -> bytes:
        loads.append(1)
        started.set()
        assert go_on.wait(5)
        return b"abc"

    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(cache.get_or_load, "a", load)
        assert started.wait(5)
        others = [threads.submit(cache.get_or_load, "a", load) for _ in range(7)]
        go_on.set()
        assert {each.result(5) for each in (first, *others)} == {b"abc"}
    assert len(loads) == 1


def test_a_failed_loader_fails_its_askers_and_the_next_one_tries_again() -> None:
    cache = cache_of(10)

    def fail() -> bytes:
        raise OSError("the database is away")

    with pytest.raises(OSError, match="away"):
        cache.get_or_load("a", fail)
    assert cache.get_or_load("a", lambda: b"abc") == b"abc"
