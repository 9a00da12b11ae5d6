import io
import subprocess
import sys
from collections.abc import Callable

import orjson
import pyarrow
import pyarrow.parquet
import pytest

from latency_service.interchange import arrow_table
from latency_service.interchange.columns import ENTRY_COLUMNS, HEAD
from tests.unit.latency_service.interchange.snapshots import NO_INTERVAL, content

Reader = Callable[[bytes], pyarrow.Table]


def stream(snapshot: bytes) -> pyarrow.Table:
    return pyarrow.ipc.open_stream(arrow_table.write_stream(snapshot)).read_all()


def parquet(snapshot: bytes) -> pyarrow.Table:
    return pyarrow.parquet.read_table(io.BytesIO(arrow_table.write_parquet(snapshot)))


@pytest.fixture(params=[stream, parquet])
def read(request: pytest.FixtureRequest) -> Reader:
    reader: Reader = request.param
    return reader


def test_there_is_one_row_an_entry_with_typed_columns(read: Reader) -> None:
    table = read(content())
    assert table.column_names == list(ENTRY_COLUMNS)
    assert table.column("workload").to_pylist() == ["v1-a", "v1-b", "v1-network-c"]
    assert table.schema.field("latency_ms").type == pyarrow.float64()
    assert table.schema.field("n").type == pyarrow.int64()


def test_no_digit_of_a_value_is_lost(read: Reader) -> None:
    assert read(content(latency_ms=0.1 + 0.2)).column("latency_ms").to_pylist() == [0.1 + 0.2] * 3


def test_a_cell_is_null_where_there_is_no_value(read: Reader) -> None:
    (row,) = (row for row in read(content()).to_pylist() if row["workload"] == NO_INTERVAL)
    assert (row["ci_low_ms"], row["ci_high_ms"], row["measurement_id"]) == (None, None, None)


def test_the_schema_tells_what_holds_for_the_whole_snapshot(read: Reader) -> None:
    told = {name.decode(): orjson.loads(value) for name, value in read(content(source="paper")).schema.metadata.items()}
    assert (told["device"], told["source"], told["unit"]) == ("board", "paper", "ms")
    assert told["conditions"] == {"runtime": "onnxruntime", "threads": 1}
    assert set(HEAD) <= set(told)


def test_the_correction_is_told_there_too_and_null_where_the_snapshot_has_none(read: Reader) -> None:
    correction = {"scale": 0.98, "factors": {"v1-a": 1.1}}
    corrected = orjson.dumps(orjson.loads(content()) | {"correction": correction})
    told = [orjson.loads(read(each).schema.metadata[b"correction"]) for each in (corrected, content())]
    assert told == [correction, None]


def test_a_snapshot_without_entries_still_has_its_columns(read: Reader) -> None:
    table = read(orjson.dumps(orjson.loads(content()) | {"ops": [], "networks": []}))
    assert (table.num_rows, table.column_names) == (0, list(ENTRY_COLUMNS))


def test_the_service_starts_without_loading_pyarrow_or_numpy() -> None:
    program = "import sys, latency_service.api.app; print({'pyarrow', 'numpy'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "set()\n"
    )
