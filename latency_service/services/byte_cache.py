"""ByteCache: the values that were used last, bounded by the memory that they take."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True)
class CacheUse:
    """What a cache holds now, and how often it had what was asked for."""

    values: int
    bytes: int
    hits: int
    misses: int


class ByteCache(Generic[Key, Value]):
    """Remembers values that never change, and forgets the one that was not used for longest when memory runs out.

    Any number of threads may use it. However many of them ask for a value that is not there, one loads it and the
    others wait for that one.

    Args:
        max_bytes: What all values together may take; a larger one is loaded again each time.
        size_of: Says how many bytes a value takes.
    """

    def __init__(self, max_bytes: int, size_of: Callable[[Value], int]) -> None:
        self._max_bytes = max_bytes
        self._size_of = size_of
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._loading: dict[Key, Future[Value]] = {}
        self._lock = threading.Lock()
        self._bytes = self._hits = self._misses = 0

    def get(self, key: Key) -> Value | None:
        """Return the value, or None where it is not in memory."""
        with self._lock:
            return self._find(key)

    def get_or_load(self, key: Key, load: Callable[[], Value]) -> Value:
        """Return the value, loaded where it is not in memory; what `load` raises is raised to all who wait for it."""
        with self._lock:
            value = self._find(key)
            if value is not None:
                return value
            others = self._loading.get(key)
            if others is None:
                mine = self._loading[key] = Future()
        if others is not None:
            return others.result()
        return self._load(key, load, mine)

    @property
    def use(self) -> CacheUse:
        """What it holds and how it is used."""
        with self._lock:
            return CacheUse(len(self._values), self._bytes, self._hits, self._misses)

    def _find(self, key: Key) -> Value | None:
        value = self._values.get(key)
        if value is None:
            self._misses += 1
            return None
        self._values.move_to_end(key)
        self._hits += 1
        return value

    def _load(self, key: Key, load: Callable[[], Value], promise: "Future[Value]") -> Value:
        try:
            value = load()
        except BaseException as error:
            self._loading.pop(key)
            promise.set_exception(error)
            raise
        self._keep(key, value)
        promise.set_result(value)
        return value

    def _keep(self, key: Key, value: Value) -> None:
        size = self._size_of(value)
        with self._lock:
            del self._loading[key]
            if size > self._max_bytes:
                return
            self._values[key] = value
            self._bytes += size
            while self._bytes > self._max_bytes:
                _, oldest = self._values.popitem(last=False)
                self._bytes -= self._size_of(oldest)
