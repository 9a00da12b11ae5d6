"""The benchmarks that start a service and an agent run to their tables; what these say is not judged."""

import json
import os
import subprocess
import sys
from pathlib import Path


def run(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks", *arguments, "--folder", str(folder / "run")]
    wide = {**os.environ, "COLUMNS": "160"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False, env=wide)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_published_networks_are_predicted_and_measured_whole(tmp_path: Path) -> None:
    networks = ("--network", "mobilenet-v2", "--network", "proxyless-cpu", "--resolution", "32")
    figures = tmp_path / "figures.json"
    printed = run(tmp_path, "published-networks", *networks, "--json", str(figures))
    assert all(word in printed for word in ("onnxruntime, 32 pixels", "tflite, 32 pixels", "proxyless-cpu", "Kendall"))
    accounts = json.loads(figures.read_text())["accounts"]
    assert [[each["network"] for each in account["predictions"]] for account in accounts] == [
        ["mobilenet-v2", "proxyless-cpu"]
    ] * 2


def test_a_network_is_searched_for_each_runtime_and_measured_on_each(tmp_path: Path) -> None:
    printed = run(tmp_path, "specialisation", "--budget", "tiny", "--data-set", "digits")
    assert all(f"this-machine {runtime}: " in printed for runtime in ("onnxruntime", "tflite"))
    rows = [line for line in printed.splitlines() if line.startswith("│")]
    assert [("for-onnxruntime" in row, "for-tflite" in row, "reference" in row) for row in rows] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]
    assert [row.count("*") for row in rows] == [1, 1, 0]
