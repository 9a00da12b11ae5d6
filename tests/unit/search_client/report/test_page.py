import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from latency_service.contract.errors import InvalidInput, NotFound
from latency_service.contract.messages import SnapshotId
from search_client.architecture import Architecture
from search_client.latency.table import LatencyTable
from search_client.report.page import ReportedRun, render_report
from search_client.spaces.registry import make_space
from search_client.training.result import CostPromise
from tests.unit.search_client.corrections import correction
from tests.unit.search_client.report.finished_runs import finished_run, verify
from tests.unit.search_client.small_space import table_of
from tests.unit.search_client.training.small_run import SPACE_PARAMS, small_folder

SMALL, LARGE = (0, 6, 0, 6, 6, 0, 6, 6), (5, 5, 5, 5, 5, 5, 5, 5)


@pytest.fixture
def page(tmp_path: Path) -> str:
    for name, choices, measured_ms in (("tight", SMALL, 0.5), ("loose", LARGE, 2.0)):
        verify(finished_run(tmp_path / name, choices), measured_ms)
    return render_report([ReportedRun.read(tmp_path / "tight"), ReportedRun.read(tmp_path / "loose")])


def test_the_page_shows_promise_and_measurement_of_every_network(page: str) -> None:
    assert page.index("<td>tight</td>") < page.index("<td>loose</td>")
    assert "0.500 ms (0.495 ms to 0.505 ms)" in page
    assert "2.000 ms" in page
    assert page.count("62.5 %") == 2


def test_a_promise_stands_beside_what_is_known_of_its_error(page: str, tmp_path: Path) -> None:
    assert page.count("ms (unanchored: no error known)</td>") == 2
    assert "<dt>correction</dt><dd>none: too few networks" in page
    folder = finished_run(tmp_path / "anchored", SMALL, correction=correction(intercept_ms=0.5))
    verify(folder, 0.75)
    anchored = render_report([ReportedRun.read(tmp_path / "anchored")])
    predicted_ms = LatencyTable(folder.snapshots[0]).network_ms(folder.architecture.network())
    assert f"<td>{predicted_ms:.3f} ms +- 1.2 %</td>" in anchored
    assert f"<h3>anchored: {predicted_ms:.3f} ms +- 1.2 % predicted</h3>" in anchored
    assert "<dt>correction</dt><dd>times 1.1, +0.5 ms a network, from 10 networks" in anchored


def test_the_page_warns_of_a_table_whose_sums_are_no_latencies(page: str, tmp_path: Path) -> None:
    finished_run(tmp_path / "only", SMALL, correction=correction(additivity="launch_bound"))
    told = "On board time follows the number of ops, not their work"
    assert told in render_report([ReportedRun.read(tmp_path / "only")])
    assert told not in page


def test_the_page_is_well_formed_and_loads_nothing(page: str) -> None:
    for start in [index for index in range(len(page)) if page.startswith("<svg", index)]:
        ET.fromstring(page[start : page.index("</svg>", start) + len("</svg>")])
    for loading in ("<script", "<link", "@import", "<img", 'href="http', 'src="'):
        assert loading not in page


@pytest.fixture
def page_of_two_devices(tmp_path: Path) -> str:
    folder = finished_run(tmp_path / "both", SMALL, devices=("phone", "board"))
    verify(folder, 0.5, index=0)
    verify(folder, 4.0, index=1)
    return render_report([ReportedRun.read(tmp_path / "both")])


def test_a_network_for_two_devices_has_a_promise_and_a_measurement_on_each(page_of_two_devices: str) -> None:
    first = LatencyTable(table_of(make_space("proxyless-cifar", **SPACE_PARAMS)).snapshot)
    network = Architecture.of(make_space("proxyless-cifar", **SPACE_PARAMS), SMALL).network()
    rows = [row for row in page_of_two_devices.split("<tr>") if row.startswith("<td>both, ")]
    assert [row.split("</td>")[0] for row in rows] == ["<td>both, phone onnxruntime", "<td>both, board onnxruntime"]
    for times, measured, row in zip((1, 2), ("0.500", "4.000"), rows, strict=True):
        assert f"{times * first.network_ms(network):.3f} ms" in row
        assert f"{measured} ms" in row


def test_every_device_of_a_network_has_its_curve_and_its_table(page_of_two_devices: str) -> None:
    for device in ("phone", "board"):
        assert f"The latency table of {device}, state" in page_of_two_devices
    curves = page_of_two_devices[page_of_two_devices.index("What the searches saw") :]
    assert curves.count("both, phone onnxruntime") == curves.count("both, board onnxruntime") >= 3
    assert "<h3>both, phone onnxruntime: " in page_of_two_devices  # whose latencies the drawing shows


def test_other_costs_stand_beside_the_latency(tmp_path: Path) -> None:
    cost = CostPromise(label="energy_mj", unit="mj", target=5.0, target_met=True, predicted=4.25)
    finished_run(tmp_path / "only", SMALL, costs=(cost,))
    page = render_report([ReportedRun.read(tmp_path / "only")])
    assert "<td>only</td><td>energy_mj</td><td>5 mj</td><td>4.25 mj</td>" in page


def test_without_other_costs_the_page_does_not_speak_of_any(page: str) -> None:
    assert "What else the networks cost" not in page


def test_a_dropped_block_is_drawn_as_dropped(page: str) -> None:
    assert page.count(">dropped</text>") == SMALL.count(6)
    assert page.count("stroke-dasharray") >= SMALL.count(6)


def test_a_network_that_was_not_measured_is_said_to_be_so(tmp_path: Path) -> None:
    finished_run(tmp_path / "only", SMALL)
    page = render_report([ReportedRun.read(tmp_path / "only")])
    assert "not yet measured" in page
    assert "measured, ms" not in page


def test_digits_are_announced_loudly(tmp_path: Path) -> None:
    finished_run(tmp_path / "only", SMALL, data_set="digits")
    assert "CIFAR-10 was not to be had" in render_report([ReportedRun.read(tmp_path / "only")])


def test_runs_on_different_tables_are_not_put_beside_each_other(tmp_path: Path) -> None:
    folder = finished_run(tmp_path / "one", SMALL)
    result = folder.result
    assert result is not None
    other = finished_run(tmp_path / "two", LARGE)
    promise = result.promises[0].model_copy(update={"snapshot_id": SnapshotId("another")})
    other.write_result(result.model_copy(update={"promises": (promise,)}))
    with pytest.raises(InvalidInput, match="same snapshot"):
        render_report([ReportedRun.read(tmp_path / "one"), ReportedRun.read(tmp_path / "two")])
    with pytest.raises(InvalidInput, match="at least one"):
        render_report([])


def test_an_unfinished_search_is_refused_with_what_to_do(tmp_path: Path) -> None:
    small_folder(tmp_path / "half")
    with pytest.raises(InvalidInput, match="--resume"):
        ReportedRun.read(tmp_path / "half")
    with pytest.raises(NotFound, match="holds no run"):
        ReportedRun.read(tmp_path / "nowhere")
