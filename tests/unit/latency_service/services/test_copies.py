from typing import Any

import pytest

from latency_service.services.copies import likeness
from latency_service.services.entries import encode, zero_entry
from tests.snapshots_data import entry

NO_INTERVAL = {"ci_low_ms": None, "ci_high_ms": None}


def compared(mine: dict[str, Any], theirs: dict[str, Any]) -> str | None:
    return likeness(entry(**mine), encode(entry(**theirs).model_dump(mode="json")))


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        ({"latency_ms": 1.51}, {"latency_ms": 1.52}, None),
        ({}, {}, "copied"),
        ({"n": 7}, {"n": 8}, None),
        ({"ci_low_ms": 0.0}, {"ci_low_ms": 0.0}, "copied"),
        ({"ci_high_ms": 1.7}, {"ci_high_ms": 1.8}, None),
        ({"n": 0}, {}, "alike"),
        (NO_INTERVAL, {}, "alike"),
        (NO_INTERVAL | {"latency_ms": 1.52345}, {"latency_ms": 1.52345}, "copied"),
        (NO_INTERVAL | {"latency_ms": 1.5234}, {"latency_ms": 1.5234}, "alike"),
        (NO_INTERVAL | {"latency_ms": 1.52345, "n": 7}, {"latency_ms": 1.52345, "n": 8}, None),
    ],
)
def test_what_both_tell_decides(mine: dict[str, Any], theirs: dict[str, Any], said: str | None) -> None:
    assert compared(mine, theirs) == said


def test_what_costs_nothing_by_definition_is_no_copy() -> None:
    zero = zero_entry("v1-zero-8x8x4")
    assert likeness(zero, encode(zero.model_dump(mode="json"))) is None
