import csv
import io
import json

import orjson

from latency_service.interchange import csv_file, csv_reader
from latency_service.interchange.reading import Reading
from tests.unit.latency_service.interchange.snapshots import NO_INTERVAL, content


def rows(snapshot: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_file.write(snapshot).decode(), newline="")))


def test_there_is_one_row_an_entry_ops_before_networks() -> None:
    assert [row["workload"] for row in rows(content())] == ["v1-a", "v1-b", "v1-network-c"]


def test_no_digit_of_a_value_is_lost() -> None:
    assert float(rows(content(latency_ms=0.1 + 0.2))[0]["latency_ms"]) == 0.1 + 0.2


def test_a_cell_is_empty_where_there_is_no_value() -> None:
    (row,) = (row for row in rows(content()) if row["workload"] == NO_INTERVAL)
    assert (row["ci_low_ms"], row["ci_high_ms"], row["measurement_id"]) == ("", "", "")


def test_every_row_tells_what_holds_for_the_whole_snapshot() -> None:
    for row in rows(content(source='a "paper", table 3')):
        assert (row["device"], row["unit"], row["protocol_version"]) == ("board", "ms", "2")
        assert row["table_source"] == 'a "paper", table 3'
        assert json.loads(row["conditions"]) == {"runtime": "onnxruntime", "threads": 1}


def test_a_snapshot_of_the_first_release_has_the_columns_of_today() -> None:
    old = orjson.loads(content())
    for member in ("provenance", "source"):
        del old[member]
    del old["ops"][0]["sessions"]
    first = rows(orjson.dumps(old))[0]
    assert (first["provenance"], first["table_source"], first["sessions"]) == ("measured", "", "1")


def test_what_a_snapshot_says_of_placement_comes_back() -> None:
    told = orjson.loads(content())
    told["ops"][0] |= {"workload": "v1-identity-8x8x4", "placement": "in_context", "isolated_ms": 1.6}
    written = orjson.dumps(told | {"ops": told["ops"][:1], "networks": []})
    (row,) = csv_reader.read(csv_file.write(written), Reading()).rows
    assert (row.entry.placement, row.entry.isolated_ms) == ("in_context", 1.6)
    assert rows(content())[0]["placement"] == "isolated"


def test_a_correction_has_no_place_in_rows() -> None:
    corrected = orjson.dumps(orjson.loads(content()) | {"correction": {"scale": 0.98}})
    assert csv_file.write(corrected) == csv_file.write(content())


def test_a_snapshot_without_entries_is_a_header() -> None:
    empty = orjson.dumps(orjson.loads(content()) | {"ops": [], "networks": []})
    assert csv_file.write(empty).decode().count("\r\n") == 1
