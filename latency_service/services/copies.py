"""Copies: rows that are another device's to the last digit, a known fault of published tables.

Two devices never take the same time to six digits, and hardly ever the same time of as many runs with the same spread.
A row with another device's latency was copied where the latency has six digits, or where both tell count and interval
and these are equal too. Where either tells less, the same few digits may be chance.
"""

from decimal import Decimal
from typing import Literal

import orjson

from latency_service.contract.messages import Entry

#: From so many significant digits on, equal latencies are no chance.
TELLING_DIGITS = 6

Likeness = Literal["copied", "alike"]


def likeness(entry: Entry, document: str) -> Likeness | None:
    """Return what another device's entry makes of a new one of the same workload; None where they are different.

    Args:
        entry: The new one.
        document: The other, as JSON.
    """
    other = orjson.loads(document)
    if other["latency_ms"] != entry.latency_ms or entry.source == "definition":
        return None
    pairs = [(entry.n or None, other["n"] or None)]
    pairs += [(getattr(entry, end), other[end]) for end in ("ci_low_ms", "ci_high_ms")]
    if any(mine != theirs for mine, theirs in pairs if mine is not None and theirs is not None):
        return None
    is_all_told = all(mine is not None and theirs is not None for mine, theirs in pairs)
    return "copied" if is_all_told or _has_telling_digits(entry.latency_ms) else "alike"


def _has_telling_digits(latency_ms: float) -> bool:
    return len(Decimal(repr(latency_ms)).normalize().as_tuple().digits) >= TELLING_DIGITS
