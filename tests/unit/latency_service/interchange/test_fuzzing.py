"""Whatever a file holds, reading it ends in rows that can be entries and in remarks, or in ImportRefused."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow
import pyarrow.parquet
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from latency_service.contract.errors import ImportRefused, InvalidKey
from latency_service.contract.keys import format_key, parse_key
from latency_service.contract.messages import Entry
from latency_service.contract.network import workload_key
from latency_service.interchange import formats
from latency_service.interchange.arrow_table import write_parquet
from latency_service.interchange.formats import FORMATS, Format
from latency_service.interchange.reading import Reading
from tests.snapshots_data import entry, snapshot_json
from tests.strategies import possible_ops

Row = dict[str, Any]

DATA = Path(__file__).parents[3] / "data"
SNAPSHOT = snapshot_json([entry(), entry("v1-classifier-7x7x1280-out1000")])
SEEDS = {
    "csv": formats.find_writer("csv", Path())(SNAPSHOT).content,
    "json": SNAPSHOT,
    "parquet": write_parquet(SNAPSHOT),
    "proxylessnas-yaml": (DATA / "proxylessnas_faulty.yaml").read_bytes(),
    "ofa-yaml": (DATA / "ofa.yaml").read_bytes(),
}
YAML_TOKENS = [*"{}[]?-&*!'\"#|>%@,:\n ", ": ", "? ", "- ", "&a ", "*a", "!!map ", "!%ED%A0%80 ", "<<", "---\n", "~"]
TOKENS = {
    "csv": [*',"\n\r;x', "\r\n", "workload", "latency_ms", "v1-identity-8x8x4", "1.5", "\0", "\ufeff"],
    "json": [*'{}[],:"1', "null", "true", '"ops":', '"networks":', '"snapshot_id":', '"conditions":', "-", "1e999"],
    "proxylessnas-yaml": [*YAML_TOKENS, "Logits-input:7x7x8-output:10", "{mean: 1.5}", "mean", "1.5"],
}
PREFIXES = {
    "csv": ["workload,latency_ms\n"],
    "json": ["", '{"ops":[', '{"conditions":{', '{"ops":[],"source":'],
    "proxylessnas-yaml": ["", "a: {", "? {", "Logits-input:7x7x8-output:10: {mean: 1.5, "],
}
READING = Reading(activations={"Conv": "relu6", "Conv_1": "relu6", "expanded_conv": "relu6"})
GOOD: Row = {
    "workload": "v1-identity-8x8x4", "latency_ms": 1.5, "ci_low_ms": 1.0, "ci_high_ms": 2.0, "n": 3, "verdict": "ok",
    "sessions": 1, "measured_at": "2030-01-01T00:00:00Z",
}  # fmt: skip
#: A row of a layer table has but one spread.
LESS = {name: cell for name, cell in GOOD.items() if name not in ("ci_low_ms", "ci_high_ms")}
HEAD = ("unit", "device", "conditions", "provenance", "table_source")

each_format = pytest.mark.parametrize("file_format", FORMATS, ids=lambda each: each.name)


def fuzzed(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, derandomize=True)


def check(file_format: Format, content: bytes) -> int:
    """Return how many rows of a file can be entries."""
    try:
        sheet = formats.read(file_format, content, READING)
    except ImportRefused:
        return 0
    for row in sheet.rows:
        told = row.entry
        assert Entry.model_validate_json(told.model_dump_json()) == told
        assert row.workload is None or workload_key(row.workload) == told.workload
        assert 0 <= told.n < 2**31 > told.sessions >= 0
        assert (told.latency_ms == 0) == (told.source == "definition")
        assert told.ci_low_ms is None or told.ci_high_ms is not None
        assert 0 <= (told.ci_low_ms or 0) <= told.latency_ms <= (told.ci_high_ms or told.latency_ms) < float("inf")
    return len(sheet.rows)


@each_format
@given(content=st.binary(max_size=200))
@fuzzed(40)
def test_random_bytes(file_format: Format, content: bytes) -> None:
    check(file_format, content)


@each_format
@given(data=st.data())
@fuzzed(60)
def test_a_valid_file_with_some_bytes_changed(file_format: Format, data: st.DataObject) -> None:
    content = bytearray(SEEDS[file_format.name])
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    check(file_format, bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))]))


@pytest.mark.parametrize("name", TOKENS)
@given(data=st.data())
@fuzzed(200)
def test_any_sequence_of_a_formats_tokens(name: str, data: st.DataObject) -> None:
    content = "".join(data.draw(st.lists(st.sampled_from(TOKENS[name]), max_size=16)))
    prefix = data.draw(st.sampled_from(PREFIXES[name]))
    check(formats.find_format(name, Path()), (prefix + content).encode())


NASTY = [
    None, True, -1, 0, 1, 2**31, 2**63, 2**70, -0.0, 0.5, 1.0, 1e-300, 1e300, float("nan"), float("inf"), [], [1.5], {},
    {"runtime": 3}, "", " ", "a\nb", "\0", "\u0663", "nan", "1e999", "9" * 39, "0x10", "1_0", "2030-01-01", "noisy",
    "us", "imported", "a/b", "v1-zero-8x8x4", "v1-identity-0x8x4", "v1-identity-8x8x4-k3", "v1-network-" + "0" * 24,
]  # fmt: skip
NAMES = [*GOOD, *HEAD, "latency", "latency_us"]

_plain = st.none() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8) | st.sampled_from(NASTY)
_cells = _plain | st.lists(_plain, max_size=2) | st.dictionaries(st.text(max_size=4), _plain, max_size=2)
_changes = st.dictionaries(st.sampled_from(NAMES), _cells, min_size=1, max_size=3)
_rows = st.lists(_changes.map(lambda changes: GOOD | changes) | _changes, min_size=1, max_size=2)


def _as_json(rows: list[Row]) -> bytes:
    return orjson.dumps({name: rows[0][name] for name in HEAD if name in rows[0]} | {"ops": rows})


def _as_yaml(rows: list[Row]) -> bytes:
    keys = ["Logits-input:7x7x1280-output:1000", "Conv-input:8x8x3-output:4x4x8"]
    names = {"latency_ms": "mean", "n": "count", "ci_low_ms": "var", "ci_high_ms": "std"}
    told = [{names[name]: value for name, value in row.items() if name in names} for row in rows]
    return yaml.safe_dump(dict(zip(keys, told, strict=False)), allow_unicode=True).encode()


def _as_csv(rows: list[Row]) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [",".join(str(row.get(name, "")).replace(",", ";") for name in names) for row in rows]
    return "\n".join([",".join(names), *lines]).encode()


def _as_parquet(rows: list[Row]) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: pyarrow.array([row.get(name) for row in rows]) for name in names}
    metadata = {name: orjson.dumps(rows[0][name]) for name in HEAD if name in rows[0]}
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns).replace_schema_metadata(metadata), sink)
    return sink.getvalue()


each_writer = pytest.mark.parametrize(
    ("name", "dump"),
    [
        ("json", _as_json),
        ("csv", _as_csv),
        ("parquet", _as_parquet),
        ("proxylessnas-yaml", _as_yaml),
        ("ofa-yaml", _as_yaml),
    ],
)


def check_rows(name: str, dump: Callable[[list[Row]], bytes], rows: list[Row]) -> int:
    try:
        content = dump(rows)
    except (orjson.JSONEncodeError, UnicodeError, pyarrow.ArrowException, OverflowError):
        return 0  # what cannot be written need not be read
    return check(formats.find_format(name, Path()), content)


@each_writer
def test_a_good_row_with_one_nasty_cell(name: str, dump: Callable[[list[Row]], bytes]) -> None:
    rows = [good | {changed: cell} for good in (GOOD, LESS) for changed in NAMES for cell in NASTY]
    assert 0 < sum(check_rows(name, dump, [row]) for row in rows) < len(rows)


@each_writer
@given(rows=_rows)
@fuzzed(250)
def test_well_formed_files_of_nasty_values(name: str, dump: Callable[[list[Row]], bytes], rows: list[Row]) -> None:
    check_rows(name, dump, rows)


def _one_changed(key: str, place: int, text: str) -> str:
    place %= len(key)
    return key[:place] + text + key[place + 1 :]


_near_keys = st.builds(
    _one_changed,
    possible_ops().map(format_key),
    st.integers(0, 99),
    st.sampled_from([*"0123456789-x_ks.+ \n", "", "00", "-0", "\u0663", "99999999"]),
)


@given(text=st.text() | st.from_regex(r"v1-[a-z_]{0,12}-[0-9x]{1,12}(-[a-z]*[0-9]{0,7}){0,7}") | _near_keys)
@fuzzed(300)
def test_keys(text: str) -> None:
    try:
        op = parse_key(text)
    except InvalidKey:
        return
    assert format_key(op) == text


BLOCK = "expanded_conv-input:8x8x16-output:8x8x16-expand:%s-kernel:3-stride:1-idskip:1%s"
LAYER_KEYS = {
    "proxylessnas-yaml": [
        BLOCK % (6, ""),
        "Conv-input:8x8x3-output:4x4x16",
        "Conv_1-input:8x8x16-output:8x8x32",
        "Logits-input:8x8x16-output:10",
    ],
    "ofa-yaml": [BLOCK % (96, "-se:0-hs:1")],
}
NUMBERS = ["0", "1", "2", "16", "256", "257", "999999", "1000000", "-1", "1.5", "", "\u0663", "x"]


@pytest.mark.parametrize("name", LAYER_KEYS)
def test_layer_keys_with_two_nasty_numbers(name: str) -> None:
    def changed(key: str) -> set[str]:
        places = [found.span() for found in re.finditer(r"\d+", key)]
        return {key[:start] + number + key[end:] for start, end in places for number in NUMBERS}

    once = {key for good in LAYER_KEYS[name] for key in changed(good)}
    twice = {key for one in once for key in changed(one)}
    values = b"? %b\n: {count: 3, mean: 1.5}\n"
    assert check(
        formats.find_format(name, Path()), b"".join(values % f"'{key}'".encode() for key in sorted(once | twice))
    )
