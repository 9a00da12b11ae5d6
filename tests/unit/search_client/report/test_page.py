import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from latency_service.contract.errors import InvalidInput, NotFound
from latency_service.contract.messages import SnapshotId
from search_client.report.page import ReportedRun, render_report
from tests.unit.search_client.report.finished_runs import finished_run, verify
from tests.unit.search_client.training.small_run import small_folder

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


def test_the_page_is_well_formed_and_loads_nothing(page: str) -> None:
    for start in [index for index in range(len(page)) if page.startswith("<svg", index)]:
        ET.fromstring(page[start : page.index("</svg>", start) + len("</svg>")])
    for loading in ("<script", "<link", "@import", "<img", 'href="http', 'src="'):
        assert loading not in page


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
