import xml.etree.ElementTree as ET
from dataclasses import replace

from search_client.report.plots import Curve, Point, course, promise_against_measurement


def test_a_course_is_an_svg_with_a_line_a_run_and_its_target() -> None:
    plot = course([Curve("tight", [0, 1], [3, 2], target=1.5), Curve("loose", [0, 1], [3, 4])], "ms", "caption")
    assert ET.fromstring(plot.svg).tag.endswith("svg")
    assert plot.svg.count("stroke-dasharray") >= 1
    assert plot.caption == "caption"


def test_more_runs_than_colours_are_all_drawn() -> None:
    many = [Curve(f"run{index}", [0, 1], [index, index]) for index in range(9)]
    assert course(many, "ms", "").svg.count("<!-- run") == 9


def test_promise_against_measurement_has_room_for_the_whole_interval() -> None:
    plot = promise_against_measurement([Point("tight", 1.0, 2.0, (1.5, 4.0))])
    ET.fromstring(plot.svg)
    assert "promise held" in plot.svg


def test_a_prediction_whose_error_is_known_has_a_level_bar() -> None:
    point = Point("tight", 1.0, 2.0, (1.5, 2.5))
    assert (point.predicted_error_ms, Point("tight", 2.0, 2.0, (1.5, 2.5), 5.0).predicted_error_ms) == (0.0, 0.1)
    plain = promise_against_measurement([point]).svg
    assert promise_against_measurement([replace(point, network_error_percent=5.0)]).svg != plain
