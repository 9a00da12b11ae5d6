import json
import shutil
from pathlib import Path

import pytest
from typer.testing import Result

from latency_service.contract.network import workload_key
from search_client.architecture import Architecture
from search_client.training.run_folder import RunFolder
from tests.unit.search_client.commands.calls import answer_of, call
from tests.unit.search_client.fake_service import URL, FakeService
from tests.unit.search_client.trained_folder import CHOICES, SPACE

SMALL = Architecture.of(SPACE, [6 if choice == 6 else 0 for choice in CHOICES])


@pytest.fixture
def runs(run_copy: Path, service: FakeService, tmp_path: Path) -> list[str]:
    """Two runs, of which the first is for `board`; the second one's network is another, and faster."""
    other = Path(shutil.copytree(run_copy, tmp_path / "other"))
    (other / "architecture.json").write_text(SMALL.to_json())
    first = RunFolder.open(run_copy).architecture.network()
    service.latencies = {workload_key(first): 2.0, workload_key(SMALL.network()): 1.0}
    return [str(run_copy), str(other)]


def compare(out: Path, *arguments: str) -> Result:
    return call("compare", *arguments, "--out", str(out), "--server", URL)


def test_networks_by_devices_are_measured_drawn_and_kept(runs: list[str], service: FakeService, tmp_path: Path) -> None:
    devices = ("--device", "board/onnxruntime", "--device", "board/tflite/int8")
    answer = answer_of(compare(tmp_path / "out", *runs, *devices, "--threads", "2", "--json"))
    assert [each["name"] for each in answer["contestants"]] == ["run", "other"]
    assert [[cell["measured_ms"] for cell in row] for row in answer["rows"]] == [
        pytest.approx([2.0, 2.0]),
        pytest.approx([1.0, 1.0]),
    ]
    assert [standing["fastest"] for standing in answer["standings"]] == [["other"], ["other"]]
    conditions = [profile.conditions for profile in service.profiles]
    assert [(each.runtime, each.precision, each.threads) for each in conditions] == [
        ("onnxruntime", "fp32", 2),
        ("tflite", "int8", 2),
    ]
    assert json.loads((tmp_path / "out" / "matrix.json").read_text()) == answer
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"measurements.json", *(f"matrix.{form}" for form in ("json", "csv", "svg", "png", "html"))}


def test_the_second_call_measures_what_is_new_alone(runs: list[str], service: FakeService, tmp_path: Path) -> None:
    answer_of(compare(tmp_path / "out", runs[0], "--device", "board/onnxruntime", "--json"))
    answer_of(compare(tmp_path / "out", *runs, "--device", "board/onnxruntime", "--json"))
    answer_of(compare(tmp_path / "out", *runs, "--device", "board/onnxruntime", "--json"))
    assert [profile.workloads for profile in service.profiles[1:]] == [(SMALL.network(),)]
    answer_of(compare(tmp_path / "out", *runs, "--device", "board/onnxruntime", "--anew", "--json"))
    assert len(service.profiles[-1].workloads) == 2


def test_a_person_sees_who_is_the_fastest_and_whom_a_network_was_searched_for(runs: list[str], tmp_path: Path) -> None:
    result = compare(tmp_path / "out", *runs, "--device", "board/onnxruntime")
    assert result.exit_code == 0, result.stderr
    assert "other is the fastest, run takes 100.0 % more; the 95 % intervals lie apart" in result.stdout
    assert "*" in result.stdout


def test_known_networks_can_be_compared(service: FakeService, tmp_path: Path) -> None:
    networks = ("--network", "mobilenet-v2", "--network", "proxyless-cpu", "--resolution", "32")
    answer = answer_of(compare(tmp_path / "out", *networks, "--device", "board/onnxruntime", "--json"))
    assert [each["name"] for each in answer["contestants"]] == ["mobilenet-v2", "proxyless-cpu"]
    assert service.profiles[0].workloads[0].input_shape.height == 32


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--device", "board"), "DEVICE/RUNTIME"),
        (("--device", "board/tflite/int4"), "DEVICE/RUNTIME"),
        (("--device", "board/tflite", "--device", "board/tflite"), "comes twice"),
    ],
)
def test_devices_that_cannot_be_are_refused(
    runs: list[str], service: FakeService, tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    result = compare(tmp_path / "out", *runs, *arguments)
    assert (result.exit_code, service.profiles) == (1, [])
    assert reason in result.stderr
