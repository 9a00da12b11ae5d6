import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from demo.story import Found
from demo.summary import print_table, write_result


def found(network_error_percent: float | None) -> Found:
    promise = {
        "target_ms": 0.2,
        "predicted_ms": 0.1987,
        "predicted_ci_ms": [0.198, 0.2],
        "network_error_percent": network_error_percent,
    }
    search: dict[str, Any] = {
        "data_set": "digits",
        "promises": [promise],
        "validation_accuracy": 0.5,
        "macs": 1_000_000,
        "parameters": 1000,
        "architecture": {},
    }
    measured = {"measured_ms": 0.21, "measured_ci_ms": [0.2, 0.22], "error_percent": -5.4, "verdict": "ok"}
    profile = {"snapshot_id": "s", "ops": 33, "anchors": 10}
    return Found(profile, {"tight": search}, {"tight": {"results": [measured]}})


@pytest.mark.parametrize(
    ("percent", "told"), [(1.23, "0.1987 ms +- 1.2 %"), (None, "0.1987 ms (unanchored: no error known)")]
)
def test_the_table_tells_what_is_known_of_the_predictions(percent: float | None, told: str, tmp_path: Path) -> None:
    result = write_result(tmp_path / "result.json", found(percent), seconds=1.0)
    assert json.loads((tmp_path / "result.json").read_text())["networks"][0]["network_error_percent"] == percent
    console = Console(file=io.StringIO(), width=300)
    print_table(result, console)
    assert isinstance(console.file, io.StringIO)
    assert told in console.file.getvalue()
