"""The demo's path with real processes and a tiny budget, so that it cannot rot."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from search_client.architecture import Architecture
from search_client.latency.table import LatencyTable
from search_client.training.run_folder import RunFolder
from tests.processes import STOPPED_BY_CTRL_C

#: Far beyond the half minute that it takes alone: a search beside it on two shared cores made it miss 150 s.
DEADLINE_S = 400.0

pytestmark = pytest.mark.timeout(900)


def demo_command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "demo", "--run", str(folder), "--budget", "tiny", "--data-set", "digits"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "run"
    done = subprocess.run(demo_command(folder), capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def result(finished: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((finished / "result.json").read_text())
    return content


def test_the_result_says_what_was_promised_and_what_was_measured(result: dict[str, Any]) -> None:
    assert result["device"] == "this-machine"
    assert result["runtime"] == "onnxruntime"
    assert result["data_set"] == "digits"
    assert result["seconds"] > 0
    assert result["anchors"] == 10
    assert [network["name"] for network in result["networks"]] == ["tight", "loose"]
    for network in result["networks"]:
        low, high = network["measured_ci_ms"]
        assert 0 < low <= network["measured_ms"] <= high
        error = 100 * (network["predicted_ms"] / network["measured_ms"] - 1)
        assert network["error_percent"] == pytest.approx(error)
        assert 0 <= network["validation_accuracy"] <= 1


def test_predictions_are_sums_over_the_pinned_snapshot_and_counts_are_the_networks(
    finished: Path, result: dict[str, Any]
) -> None:
    for found in result["networks"]:
        folder = RunFolder.open(finished / "searches" / found["name"])
        assert folder.snapshots[0].snapshot_id == result["snapshot_id"]
        architecture = Architecture.model_validate(found["architecture"])
        network = architecture.network()
        entries = {entry.workload: entry.latency_ms for entry in folder.snapshots[0].ops}
        assert len(entries) >= result["ops_measured"] == len(architecture.search_space().ops())
        assert found["predicted_ms"] == pytest.approx(LatencyTable(folder.snapshots[0]).network_ms(network))
        assert (found["macs"], found["parameters"]) == (network.macs, network.parameters)
        for file in ("config.json", "history.jsonl", "alphas.jsonl", "weights.safetensors", "verifications/0.json"):
            assert (folder.path / file).stat().st_size > 0
        assert list(folder.tensorboard.iterdir())


def test_the_report_stands_alone(finished: Path) -> None:
    page = (finished / "report.html").read_text()
    assert page.count("<svg") >= 6
    assert "Promise against measurement" in page
    for reference in ('src="http', 'href="http', "<script", "@import"):
        assert reference not in page


def test_nothing_that_the_demo_started_outlives_it(finished: Path) -> None:
    assert _processes_of(finished) == []


def test_ctrl_c_stops_everything_and_the_next_demo_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with subprocess.Popen(demo_command(folder), stderr=subprocess.PIPE, text=True) as demo:
        _wait_until(lambda: any("device-agent" in line for line in _processes_of(folder)))
        demo.send_signal(signal.SIGINT)
        _, stderr = demo.communicate(timeout=DEADLINE_S)
    assert demo.returncode in STOPPED_BY_CTRL_C, stderr
    assert "goes on from here" in stderr
    assert _processes_of(folder) == []
    again = subprocess.run(demo_command(folder), capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert again.returncode == 0, again.stderr
    assert (folder / "report.html").exists()


def _processes_of(folder: Path) -> list[str]:
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(folder) in line and " -m demo " not in line]


def _wait_until(condition: Any) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
