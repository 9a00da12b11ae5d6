"""Cells: the single values of a file, and which of them can be a latency, an interval, a count."""

import math
import re
from typing import Any

from latency_service.contract.limits import LARGEST_SMALL_INTEGER

#: How many milliseconds one of each is.
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}
#: A nanosecond, and a hundred seconds: nothing that is measured as one op lies beyond.
LEAST_MS, MOST_MS = 1e-6, 1e5

_LONGEST_NUMBER = 40
_LONGEST_SHOWN = 40
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?\.?(nan|inf|infinity)", re.ASCII | re.IGNORECASE)


class RowRefused(Exception):
    """A row cannot be an entry; the text says why."""


def number_or_text(text: str) -> int | float | str:
    """Return the number that a text is, if it is one; `nan` and `inf` are."""
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if _NOT_FINITE.fullmatch(text) else text


def shown(cell: object) -> str:
    """Return a cell for a message, cut short where it is long."""
    text = repr(cell)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def finite(name: str, cell: Any) -> float:
    """Return a cell that must hold a finite number.

    Raises:
        RowRefused: It holds none.
    """
    if cell is None:
        raise RowRefused(f"{name} is missing")
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        raise RowRefused(f"{name} is {shown(cell)}, which is no number")
    if (isinstance(cell, int) and abs(cell) > 2**63) or not math.isfinite(cell):
        raise RowRefused(f"{name} is {shown(cell)}, which is not finite")
    return float(cell)


def whole(name: str, cell: Any, least: int) -> int:
    """Return a cell that must hold a whole number of at least `least`.

    Raises:
        RowRefused: It holds none.
    """
    number = finite(name, cell)
    if not isinstance(cell, int):
        raise RowRefused(f"{name} is {shown(cell)}, which is no whole number")
    if not least <= number <= LARGEST_SMALL_INTEGER:
        raise RowRefused(f"{name} is {shown(cell)}, and must lie between {least} and {LARGEST_SMALL_INTEGER}")
    return cell


def latency_ms(name: str, cell: Any, unit: str) -> float:
    """Return a cell that must hold a latency, in milliseconds.

    Raises:
        RowRefused: It is negative, zero, absurdly small or large, or no number.
    """
    value = finite(name, cell)
    if value <= 0:
        raise RowRefused(f"{name} is {shown(cell)}: nothing takes {'no' if value == 0 else 'less than no'} time")
    in_ms = to_ms(value, unit)
    if not LEAST_MS <= in_ms <= MOST_MS:
        raise RowRefused(f"{name} is {in_ms:g} ms, which is absurd: it must lie between {LEAST_MS:g} and {MOST_MS:g}")
    return in_ms


def to_ms(value: float, unit: str) -> float:
    """Return a time in milliseconds.

    Raises:
        RowRefused: The unit is unknown.
    """
    if unit not in UNITS:
        raise RowRefused(f"unknown unit {shown(unit)}; known are {', '.join(UNITS)}")
    return value / 1000 if unit == "us" else value * UNITS[unit]


def interval_ms(latency: float, low: Any, high: Any, unit: str) -> tuple[float, float] | None:
    """Return the two ends of an interval in milliseconds, which must enclose the latency; None where there is none.

    Raises:
        RowRefused: There is but one end, or they do not.
    """
    if low is None and high is None:
        return None
    ends = to_ms(finite("ci_low", low), unit), to_ms(finite("ci_high", high), unit)
    if not 0 <= ends[0] <= latency <= ends[1] <= 2 * MOST_MS:
        raise RowRefused(f"the interval from {ends[0]:g} to {ends[1]:g} ms does not enclose {latency:g} ms")
    return ends
