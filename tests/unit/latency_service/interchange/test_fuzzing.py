"""Whatever a file holds, reading it ends in rows and remarks or in ImportRefused."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from latency_service.contract.errors import ImportRefused, InvalidKey
from latency_service.contract.keys import format_key, parse_key
from latency_service.interchange import formats
from latency_service.interchange.arrow_table import write_parquet
from latency_service.interchange.formats import FORMATS, Format
from latency_service.interchange.reading import Reading
from tests.snapshots_data import entry, snapshot_json

DATA = Path(__file__).parents[3] / "data"
SNAPSHOT = snapshot_json([entry(), entry("v1-classifier-7x7x1280-out1000")])
SEEDS = {
    "csv": formats.find_format("csv", Path()).write(SNAPSHOT).content,  # type: ignore[misc]
    "json": SNAPSHOT,
    "parquet": write_parquet(SNAPSHOT),
    "proxylessnas-yaml": (DATA / "proxylessnas_faulty.yaml").read_bytes(),
    "ofa-yaml": (DATA / "ofa.yaml").read_bytes(),
}
fuzzed = settings(max_examples=60, deadline=None, derandomize=True)
each_format = pytest.mark.parametrize("file_format", FORMATS, ids=lambda each: each.name)

_nasty = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", "nan", "1e999", "0x10", "1_0", "v1-zero-8x8x4", "2030-01-01", "v1-network-" + "0" * 24])
)
_values = st.recursive(_nasty, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner))
_names = st.sampled_from(
    ["workload", "latency_ms", "latency", "ci_low_ms", "ci_high_ms", "n", "verdict", "sessions", "measured_at", "unit",
     "device", "conditions", "provenance"]
)  # fmt: skip
_rows = st.lists(st.dictionaries(_names, _values), max_size=3)


def check(file_format: Format, content: bytes) -> None:
    try:
        sheet = formats.read(file_format, content, Reading())
    except ImportRefused:
        return
    assert all(row.entry.latency_ms >= 0 and math.isfinite(row.entry.latency_ms) for row in sheet.rows)


@each_format
@given(content=st.binary(max_size=200))
@fuzzed
def test_random_bytes(file_format: Format, content: bytes) -> None:
    check(file_format, content)


@each_format
@given(data=st.data())
@fuzzed
def test_a_valid_file_with_some_bytes_changed(file_format: Format, data: st.DataObject) -> None:
    content = bytearray(SEEDS[file_format.name])
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    check(file_format, bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))]))


def _as_json(rows: list[dict[str, Any]]) -> bytes:
    return orjson.dumps(
        {**(rows[0] if rows else {}), "ops": rows}, default=str, option=orjson.OPT_PASSTHROUGH_DATACLASS
    )


def _as_yaml(rows: list[dict[str, Any]]) -> bytes:
    keys = ["Logits-input:7x7x1280-output:1000", "Conv-input:8x8x3-output:4x4x8", "x"]
    names = {"latency_ms": "mean", "n": "count", "ci_low_ms": "var", "ci_high_ms": "std"}
    told = [{names.get(name, name): value for name, value in row.items()} for row in rows]
    return yaml.safe_dump(dict(zip(keys, told, strict=False)), allow_unicode=True).encode("utf-8", "surrogatepass")


def _as_csv(rows: list[dict[str, Any]]) -> bytes:
    lines = [",".join(str(cell).replace(",", ";") for cell in row.values()) for row in rows]
    header = ",".join(rows[0]) if rows else "workload"
    return "\n".join([header, *lines]).encode("utf-8", "replace")


@pytest.mark.parametrize(
    ("name", "dump"),
    [("json", _as_json), ("csv", _as_csv), ("proxylessnas-yaml", _as_yaml), ("ofa-yaml", _as_yaml)],
)
@given(rows=_rows)
@fuzzed
def test_well_formed_files_of_nasty_values(
    name: str, dump: Callable[[list[dict[str, Any]]], bytes], rows: list[dict[str, Any]]
) -> None:
    try:
        content = dump(rows)
    except (orjson.JSONEncodeError, UnicodeError):
        return  # what cannot be written need not be read
    check(formats.find_format(name, Path()), content)


@given(text=st.text() | st.from_regex(r"v1-(mbconv|conv_bn_act|zero|classifier)-[0-9x]{1,12}(-[a-z]*[0-9]{0,7}){0,7}"))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_keys(text: str) -> None:
    try:
        op = parse_key(text)
    except InvalidKey:
        return
    assert format_key(op) == text
