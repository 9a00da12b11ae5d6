from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from latency_service.contract.summary import summarize
from latency_service.migrations import first_entries
from latency_service.services import entries
from tests.service_data import START

MEDIANS = st.floats(1e-3, 1e3) | st.floats(0.99, 1.01)
LATER = ("placement", "isolated_ms")
VERDICTS = st.sampled_from(["ok", "ok", "noisy", "unfit"])


def measurement(sequence: int, median_ms: float, verdict: str) -> Any:
    """Return a row of `measurements` as far as entries follow from it."""
    return SimpleNamespace(
        sequence=sequence,
        id=f"measurement-{sequence}",
        verdict=verdict,
        summary=summarize([median_ms * factor for factor in (0.98, 1.0, 1.02)]).model_dump(),
        finished_at=START + timedelta(seconds=sequence, microseconds=sequence % 2),
        in_context=None,
    )


def without_placement(row: dict[str, Any]) -> dict[str, Any]:
    """Return an entry's row without what came later."""
    document = {name: value for name, value in orjson.loads(row["document"]).items() if name not in LATER}
    told = [{name: value for name, value in each.items() if name != "in_context"} for each in row["sessions"]]
    sessions = [each for each in told if each["verdict"] == "ok"] or told[:1]
    return row | {"document": entries.encode(document), "sessions": sessions}


@given(st.lists(st.tuples(MEDIANS, VERDICTS), max_size=8))
def test_the_first_entries_are_those_that_the_service_would_have_made(sessions: list[tuple[float, str]]) -> None:
    """Should the service's rule ever change, this test goes, and the migration stays."""
    rows = [measurement(sequence, *session) for sequence, session in enumerate(sessions)]
    now = entries.entry_row("table", "key", map(entries.stored_session, rows))
    assert first_entries.entry_row("table", "key", rows) == (now and without_placement(now))


def test_moments_without_a_time_zone_are_utc() -> None:
    row = measurement(1, 1.0, "ok")
    aware = first_entries.entry_row("table", "key", [row])
    row.finished_at = row.finished_at.replace(tzinfo=None)
    assert first_entries.entry_row("table", "key", [row]) == aware


def test_ops_and_networks_are_counted() -> None:
    assert first_entries.count_entries(b'{"ops": [{}, {}], "networks": [{}]}') == 3
