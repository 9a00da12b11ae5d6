from datetime import UTC, datetime
from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latency_service.contract.errors import ImportRefused, InvalidInput, UnknownName
from latency_service.contract.keys import format_key
from latency_service.contract.messages import Entry
from latency_service.contract.ops import Zero
from latency_service.interchange import formats
from latency_service.interchange.formats import FORMATS
from latency_service.interchange.reading import Reading
from latency_service.services.entries import zero_entry
from latency_service.services.sheets import MOST_ROWS
from tests.snapshots_data import entry, snapshot_json
from tests.strategies import possible_ops

OURS = ("csv", "json", "parquet")


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    op = draw(possible_ops())
    if isinstance(op, Zero):
        return zero_entry(format_key(op))
    latency = draw(st.floats(1e-5, 1e4))
    low, high = draw(st.floats(0, latency)), draw(st.floats(latency, 2e4))
    has_ci = draw(st.booleans())
    return entry(
        format_key(op),
        latency_ms=latency,
        ci_low_ms=low if has_ci else None,
        ci_high_ms=high if has_ci else None,
        n=draw(st.integers(0, 10**6)),
        verdict=draw(st.sampled_from(["ok", "noisy"])),
        sessions=draw(st.integers(0, 5)),
        measured_at=draw(st.none() | st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))),
    )


@pytest.mark.parametrize("name", OURS)
@given(told=st.lists(entries(), max_size=5, unique_by=lambda each: each.workload))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_an_export_comes_back_as_it_was(name: str, told: list[Entry]) -> None:
    file_format = formats.find_format(name, PurePath("x"))
    assert file_format.write is not None
    sheet = formats.read(file_format, file_format.write(snapshot_json(told)).content, Reading())
    assert sheet.refused == ()
    assert {row.entry.workload: row.entry for row in sheet.rows} == {each.workload: each for each in told}
    if told or name != "csv":  # rows tell what a CSV file is of
        assert (sheet.facts.device, sheet.facts.source) == ("board", "a paper, 2019")


@pytest.mark.parametrize("name", [each.name for each in FORMATS])
def test_a_file_that_is_too_large_is_not_read(name: str) -> None:
    file_format = formats.find_format(name, PurePath("x"))
    with pytest.raises(ImportRefused, match="more than 33,554,432 bytes"):
        formats.read(file_format, b" " * (formats.MOST_BYTES + 1), Reading())


def test_the_ending_tells_our_own_formats_alone() -> None:
    assert [formats.find_format(None, PurePath(f"x.{name}")).name for name in OURS] == list(OURS)
    with pytest.raises(InvalidInput, match="proxylessnas-yaml"):
        formats.find_format(None, PurePath("x.yaml"))
    with pytest.raises(UnknownName, match="known are csv"):
        formats.find_format("xml", PurePath("x.csv"))
    with pytest.raises(InvalidInput, match="imported only"):
        formats.find_writer("ofa-yaml", PurePath("x"))


def test_a_snapshot_that_was_changed_by_hand_is_refused() -> None:
    content = snapshot_json([entry()]).replace(b"1.5", b"0.5", 1)
    with pytest.raises(ImportRefused, match="snapshot_id"):
        formats.read(FORMATS[1], content, Reading())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("csv", b"latency_ms\n1\n"),
        ("csv", b"workload,latency_ms\nv1-identity-8x8x4\n"),
        ("csv", b'workload\n"v1'),
        ("csv", b"\xff\xff"),
        ("json", b"[1"),
        ("json", b"[]"),
        ("json", b'{"ops": 3}'),
        ("json", b'{"ops": [3]}'),
        ("json", b'{"ops": [], "provenance": "imported", "source": ""}'),
        ("json", b'{"ops": [], "provenance": "imported", "source": "a\\u0000b"}'),
        ("json", b'{"ops": [' + b"[]," * MOST_ROWS + b"[]]}"),
        ("parquet", b"PAR1"),
        ("parquet", b""),
    ],
)
def test_a_file_that_is_not_of_its_format_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(ImportRefused):
        formats.read(formats.find_format(name, PurePath("x")), content, Reading())
