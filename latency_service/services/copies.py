"""Copies: rows that are another device's to the last digit, a known fault of published tables.

Two devices never take the same time to six digits. A latency that has them and is equal to another device's of the same
workload was copied, unless count or interval, where both tell them, say otherwise. With fewer digits it may be chance.
"""

from collections.abc import Iterable
from decimal import Decimal

import orjson

from latency_service.contract.messages import Entry

#: From so many significant digits on, equal latencies are no chance.
TELLING_DIGITS = 6

_COMPARED = ("ci_low_ms", "ci_high_ms", "n")


def twin_of(entry: Entry, others: Iterable[tuple[str, str]]) -> str | None:
    """Return the name of a device that has the very same entry, or None.

    Args:
        entry: A new one.
        others: Device names, and their entries of the same workload as JSON.
    """
    return next((device for device, document in others if _are_equal(entry, orjson.loads(document))), None)


def is_telling(entry: Entry) -> bool:
    """Say whether the latency has so many digits that equality is no chance."""
    return len(Decimal(repr(entry.latency_ms)).normalize().as_tuple().digits) >= TELLING_DIGITS


def _are_equal(entry: Entry, other: dict[str, float | None]) -> bool:
    if other["latency_ms"] != entry.latency_ms or entry.source == "definition":
        return False
    pairs = [(getattr(entry, name), other[name]) for name in _COMPARED]
    return all(not mine or not theirs or mine == theirs for mine, theirs in pairs)
