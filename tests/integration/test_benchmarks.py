"""The benchmarks run and print their tables; what these say is not judged: a shared machine's timings mean little."""

import json
from pathlib import Path

import pytest

from tests.benchmark_runs import PATIENT, run_benchmark

pytestmark = PATIENT


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        (
            ("supernet-step", "--repeats", "1", "--batch-size", "4"),
            ("plain network", "supernet, weights", "two-path", "full"),
        ),
        (
            ("activation-memory", "--candidates", "2", "--candidates", "3", "--batch-size", "2"),
            ("plain network", "supernet, weights", "two-path", "full", "growth"),
        ),
        (
            ("export-accuracy", "--data-set", "digits", "--steps", "60", "--images", "100"),
            ("digits: 100 test images", "onnx int8", "tflite fp32", "points lost"),
        ),
        (
            ("stopwatch", "--simulations", "2", "--processes", "2", "--ops", "1", "--runtime", "onnxruntime"),
            ("normal noise", "throttled", "ours", "fixed 1000", "blocked_autorange"),
        ),
        (
            ("service", "--quick"),
            ("one op: GET", "snapshot: 304", "lookup of 500 keys", "cut and committed", "fetch and index", "over HTTP"),
        ),
        (("fleet", "--agents", "3", "--minutes", "0.05"), ("poll", "upload", "lost", "doubled", "0 of them not done")),
        (("time-to-table", "--space", "proxyless-cifar", "--runtime", "onnxruntime"), ("33 ops", "onnxruntime")),
    ],
)
def test_a_benchmark_prints_its_table(arguments: tuple[str, ...], rows: tuple[str, ...]) -> None:
    printed = run_benchmark(*arguments)
    assert all(row in printed for row in rows)


def test_target_hitting_prints_target_prediction_and_measurement(tmp_path: Path) -> None:
    tiny = ("--share", "0.5", "--data-set", "digits", "--budget", "tiny", "--folder", str(tmp_path))
    printed = run_benchmark("target-hitting", *tiny, "--json", str(tmp_path / "figures.json"))
    assert all(column in printed for column in ("target", "predicted", "miss", "measured"))
    (shot,) = json.loads((tmp_path / "figures.json").read_text())["shots"]
    assert abs(shot["miss_percent"]) <= 2
