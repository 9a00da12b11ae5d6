from typing import Any

import pytest

from latency_service.contract.errors import ImportRefused
from latency_service.interchange import flat_rows

KEY = "v1-identity-8x8x4"


def reason(unit: str | None = None, **cells: Any) -> str:
    sheet = flat_rows.read([(2, {"workload": KEY} | cells)], (), {}, unit)
    assert sheet.rows == ()
    return sheet.refused[0].remark


def test_a_workload_and_a_latency_are_enough() -> None:
    found = flat_rows.read([(2, {"workload": KEY, "latency_us": 1500})], (), {}, None).rows[0].entry
    assert (found.latency_ms, found.n, found.ci_low_ms, found.verdict) == (1.5, 0, None, "ok")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"latency_ms": -1.0}, "less than no time"),
        ({"latency_ms": 0}, "nothing takes no time"),
        ({"latency_ms": float("nan")}, "not finite"),
        ({"latency_ms": 10**400}, "not finite"),
        ({"latency_ms": 1e6}, "absurd"),
        ({"latency_ms": 1e-7}, "absurd"),
        ({"latency_ms": "fast"}, "no number"),
        ({"latency_ms": True}, "no number"),
        ({"latency_ms": None}, "missing"),
        ({}, "0 latencies"),
        ({"latency_ms": 1.0, "latency_us": 1000.0}, "2 latencies"),
        ({"latency_ns": 1.0}, "unknown unit 'ns'"),
        ({"latency": 1.0}, "does not say"),
        ({"latency_ms": 1.0, "ci_low_ms": 1.1, "ci_high_ms": 1.2}, "does not enclose"),
        ({"latency_ms": 1.0, "ci_low_ms": 0.9}, "ci_high is missing"),
        ({"latency_ms": 1.0, "n": -1}, "between 0"),
        ({"latency_ms": 1.0, "source": "predicted"}, "only what was measured is imported"),
        ({"latency_ms": 1.0, "n": 1.5}, "no whole number"),
        ({"latency_ms": 1.0, "placement": "elsewhere"}, "isolated or in_context"),
        ({"latency_ms": 1.0, "placement": "in_context"}, "what is in_context has one"),
        ({"latency_ms": 1.0, "isolated_ms": 1.1}, "what is not has none"),
        ({"latency_ms": 1.0, "placement": "in_context", "isolated_ms": -1.0}, "less than no time"),
        ({"latency_ms": 1.0, "verdict": "unfit"}, "ok or noisy"),
        ({"latency_ms": 1.0, "measured_at": "yesterday"}, "measured_at"),
        ({"latency_ms": 1.0, "workload": "conv 3x3"}, "v1"),
        ({"latency_ms": 1.0, "workload": 3}, "no key"),
        ({"latency_ms": 1.0, "workload": "v1-zero-8x8x4"}, "costs nothing"),
        ({"latency_ms": 1.0, "device": "another"}, "first row's"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused_with_the_reason(cells: dict[str, Any], said: str) -> None:
    assert said in reason(**cells)


def test_where_an_op_stood_is_read_with_what_it_takes_alone() -> None:
    cells = {"workload": KEY, "latency_us": 1500, "placement": "in_context", "isolated_ms": 1.6}
    entry = flat_rows.read([(2, cells)], (), {}, None).rows[0].entry
    assert (entry.placement, entry.latency_ms, entry.isolated_ms) == ("in_context", 1.5, 1.6)


def test_a_unit_that_contradicts_the_files_is_refused() -> None:
    assert "says ms and us" in reason("us", latency_ms=1.0)


def test_columns_that_are_not_used_are_named() -> None:
    notes = flat_rows.read([], ("workload", "latency_ms", "power_w"), {}, None).notes
    assert [note.remark for note in notes] == ["not used: power_w"]


@pytest.mark.parametrize("head", [{"device": "a/b"}, {"conditions": {"runtime": 3}}, {"conditions": "fast"}])
def test_a_head_that_cannot_be_right_refuses_the_file(head: dict[str, Any]) -> None:
    with pytest.raises(ImportRefused, match="the file's"):
        flat_rows.read([], (), head, None)


def test_what_a_terminal_would_obey_is_escaped() -> None:
    sheet = flat_rows.read([(2, {"workload": "\x1b]0;mine\x07", "latency_ms": 1.0})], ["\x1b[2J"], {}, None)
    assert sheet.refused[0].row == r"\x1b]0;mine\x07"
    assert sheet.notes[0].remark == r"not used: \x1b[2J"
