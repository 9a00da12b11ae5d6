from pathlib import Path

import pytest

from latency_service.contract.errors import InvalidInput
from latency_service.contract.network import WorkloadKey
from search_client.comparison.cells import CellStore
from tests.unit.search_client.comparison.matrices import CPU, PHONE, cell, place

KEY = WorkloadKey("n1")


def test_what_was_measured_is_found_by_the_next_call(tmp_path: Path) -> None:
    measured = cell("n1", CPU, 1.0)
    CellStore(tmp_path / "new" / "cells.json").add([measured])
    store = CellStore(tmp_path / "new" / "cells.json")
    assert store.holds(KEY, CPU)
    assert store.cell(KEY, CPU) == measured
    assert not store.holds(KEY, PHONE)
    assert not store.holds(KEY, place("board", "onnxruntime", "int8"))
    assert not store.holds(WorkloadKey("n2"), CPU)


def test_the_newest_measurement_counts(tmp_path: Path) -> None:
    store = CellStore(tmp_path / "cells.json")
    store.add([cell("n1", CPU, 1.0), cell("n2", CPU, 2.0)])
    store.add([cell("n1", CPU, 3.0, "p2")])
    assert CellStore(tmp_path / "cells.json").cell(KEY, CPU).measured_ms == 3.0


def test_a_damaged_file_is_no_empty_store(tmp_path: Path) -> None:
    (tmp_path / "cells.json").write_text('{"cells": [{}]}')
    with pytest.raises(InvalidInput, match=r"cells\.json cannot be read"):
        CellStore(tmp_path / "cells.json")


@pytest.mark.parametrize(("precision", "label"), [("fp32", "phone tflite"), ("int8", "phone tflite int8")])
def test_a_place_names_its_precision_where_it_is_not_the_usual_one(precision: str, label: str) -> None:
    assert place("phone", "tflite", precision).label == label  # type: ignore[arg-type]
