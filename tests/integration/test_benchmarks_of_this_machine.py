"""The benchmarks that start a service and an agent run to their tables; what these say is not judged."""

import json
from pathlib import Path

from tests.benchmark_runs import PATIENT, run_benchmark

pytestmark = PATIENT


def run(folder: Path, *arguments: str) -> str:
    return run_benchmark(*arguments, "--folder", str(folder / "run"))


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


def test_searched_and_random_networks_are_trained_alike(tmp_path: Path) -> None:
    tiny = ("--budget", "tiny", "--data-set", "digits", "--epochs", "2", "--seeds", "2")
    figures = tmp_path / "figures.json"
    printed = run(tmp_path, "search-against-random", *tiny, "--json", str(figures))
    assert "lead of searched" in printed
    told = json.loads(figures.read_text())
    ways = told["standings"]
    assert [each["way"] for each in ways] == ["searched", "random search", "drawn"]
    spent = [ms / told["target_ms"] for each in ways for ms in each["predicted_ms"]]
    assert len(spent) == 6
    assert all(0.98 <= share <= 1.0 + 1e-9 for share in spent)
    assert all(len(each["accuracies"]) == 2 for each in ways)


def test_ops_are_predicted_from_other_ops(tmp_path: Path) -> None:
    tiny = ("--runtime", "onnxruntime", "--resolution", "32", "--ops", "24")
    figures = tmp_path / "figures.json"
    printed = run(tmp_path, "latency-model", *tiny, "--json", str(figures))
    assert "in its 90 % interval" in printed
    told = json.loads(figures.read_text())
    assert len(told["rows"]["onnxruntime"]) == 24
    assert [(each["held_out"], each["estimator"]) for each in told["standings"]] == [
        ("an op", estimator)
        for estimator in ("latency model", "gradient boosting", "random forest per kind", "roofline")
    ]
    assert [each["covered_percent"] is not None for each in told["standings"]] == [True, False, False, False]


def test_tables_are_audited_by_networks_that_they_have_not_seen(tmp_path: Path) -> None:
    tiny = ("--space", "proxyless-cifar", "--space-param", "width_mult=0.1", "--runtime", "onnxruntime")
    extent = ("--networks", "5", "--sessions", "2", "--anchors", "0", "--anchors", "10")
    figures = tmp_path / "figures.json"
    printed = run(tmp_path, "audit", *tiny, *extent, "--json", str(figures))
    assert all(
        words in printed for words in ("onnxruntime: held-out networks", "no anchors", "10 anchors", "noise floor")
    )
    found = json.loads(figures.read_text())["onnxruntime"]
    assert [(each["anchors"], len(each["sessions"])) for each in found] == [(0, 2), (10, 2)]
    assert (tmp_path / "run" / "onnxruntime-10-anchors" / "audit.png").exists()
