"""Caches: driving a workload's data out of those of the measuring core."""

from collections.abc import Callable

import numpy as np

from device_agents.host.files import HostFiles

#: Taken where the host does not show its caches: larger than those of boards and laptops.
DEFAULT_CACHE_BYTES = 32 * 2**20
#: So many times the largest cache is walked through: one that keeps a random line is then all but empty of old ones.
_TIMES = 2
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


def largest_cache_bytes(files: HostFiles, core: int) -> int | None:
    """Return the size of the largest cache that a core uses, or None where the host does not show it."""
    texts = map(files.text, files.listing(f"sys/devices/system/cpu/cpu{core}/cache/index*/size"))
    return max((_bytes(text) for text in texts if text), default=None)


def cache_flusher(files: HostFiles, cores: tuple[int, ...]) -> Callable[[], None]:
    """Return what drives all data out of the caches of the core that calls it.

    It reads and writes twice as much memory as the largest cache holds, so that lines of other data are evicted and
    written back before it returns.
    """
    size = largest_cache_bytes(files, max(cores, default=0)) or DEFAULT_CACHE_BYTES
    other_data = np.zeros(_TIMES * size // 8, dtype=np.int64)

    def flush() -> None:
        np.add(other_data, 1, out=other_data)

    return flush


def _bytes(text: str) -> int:
    number, unit = text.rstrip("KMG"), text[-1]
    return int(number) * _UNITS.get(unit, 1)
