import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from latency_service.contract.errors import ImportRefused
from latency_service.interchange.parquet_file import read
from latency_service.interchange.reading import Reading
from latency_service.services.sheets import MOST_ROWS

KEYS = ["v1-identity-8x8x4", "v1-identity-8x8x8"]


def file_of(**options: Any) -> bytes:
    columns = options.pop("columns")
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), sink, **options)
    return sink.getvalue()


@pytest.mark.parametrize("use_dictionary", [True, False])
def test_rows_are_numbered_across_row_groups(use_dictionary: bool) -> None:
    columns = {"workload": KEYS, "latency_ms": [1.5, 2.5], "power_w": [3, 4]}
    sheet = read(file_of(columns=columns, row_group_size=1, use_dictionary=use_dictionary), Reading())
    assert [(row.line, row.name, row.entry.latency_ms) for row in sheet.rows] == [(1, KEYS[0], 1.5), (2, KEYS[1], 2.5)]
    assert [note.remark for note in sheet.notes] == ["not used: power_w"]


def test_a_column_of_lists_is_refused_if_it_would_be_read() -> None:
    lists = [[1.5], [2.5]]
    with pytest.raises(ImportRefused, match=r"latency_ms\.list\.element"):
        read(file_of(columns={"workload": KEYS, "latency_ms": lists}), Reading())
    assert len(read(file_of(columns={"workload": KEYS, "latency_ms": [1.5, 2.5], "runs": lists}), Reading()).rows) == 2


def test_a_file_of_more_rows_than_any_table_is_refused_unread() -> None:
    with pytest.raises(ImportRefused, match="250,001 rows"):
        read(file_of(columns={"latency_ms": pyarrow.repeat(1.5, MOST_ROWS + 1)}), Reading())


def test_a_text_that_every_row_has_is_held_once(tmp_path: Path) -> None:
    one_text = pyarrow.DictionaryArray.from_arrays(pyarrow.repeat(0, 10_000), ["x" * 2_000_000])
    columns = {"workload": one_text, "latency_ms": pyarrow.repeat(1.5, 10_000)}
    options = {"store_schema": False, "write_statistics": False, "dictionary_pagesize_limit": 10**9}
    (tmp_path / "a.parquet").write_bytes(file_of(columns=columns, compression="zstd", **options))
    assert (tmp_path / "a.parquet").stat().st_size < 10_000  # of 20 GB
    program = (
        "import pathlib, resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))\n"
        "from latency_service.interchange.parquet_file import read\n"
        "from latency_service.interchange.reading import Reading\n"
        "print(len(read(pathlib.Path(sys.argv[1]).read_bytes(), Reading()).refused))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "a.parquet"], capture_output=True, text=True)
    assert done.stdout == "10000\n", done.stderr
