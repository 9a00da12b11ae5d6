import csv
import io

import pytest

from search_client.comparison.matrix import Matrix
from tests.unit.search_client.comparison.matrices import CPU, PHONE, cell, contestant, specialised


def test_each_device_has_its_fastest_network() -> None:
    on_cpu, on_phone = specialised().standings
    assert (on_cpu.place, on_cpu.fastest, on_cpu.runner_up) == (CPU, ("for-cpu",), "for-phone")
    assert (on_phone.place, on_phone.fastest, on_phone.runner_up) == (PHONE, ("for-phone",), "for-cpu")
    assert on_cpu.margin_percent == pytest.approx(50.0)
    assert on_phone.margin_percent == pytest.approx(1.0)


def test_a_difference_within_the_intervals_is_not_clear() -> None:
    on_cpu, on_phone = specialised().standings
    assert (on_cpu.is_clear, on_phone.is_clear) == (True, False)
    assert "lie apart" in on_cpu.describe()
    assert "may be chance" in on_phone.describe()


def test_cells_of_several_sessions_are_told() -> None:
    contestants = [contestant("a", "n1"), contestant("b", "n2")]
    matrix = Matrix.of(contestants, [CPU], [[cell("n1", CPU, 1.0, "p1")], [cell("n2", CPU, 2.0, "p2")]])
    assert not matrix.standings[0].one_session
    assert "different times" in matrix.standings[0].describe()
    assert "different times" not in specialised().standings[0].describe()


def test_two_searches_that_found_the_same_network_do_not_compete() -> None:
    contestants = [contestant("a", "n1"), contestant("b", "n1"), contestant("c", "n2")]
    same = cell("n1", CPU, 1.0)
    (standing,) = Matrix.of(contestants, [CPU], [[same], [same], [cell("n2", CPU, 2.0)]]).standings
    assert (standing.fastest, standing.runner_up) == (("a", "b"), "c")
    (alone,) = Matrix.of(contestants[:2], [CPU], [[same], [same]]).standings
    assert (alone.runner_up, alone.margin_percent, alone.is_clear) == (None, None, False)
    assert "no other network" in alone.describe()


def test_slowdown_is_against_the_fastest_of_the_column() -> None:
    matrix = specialised()
    slowdowns = [matrix.slowdown(row, column) for row in range(2) for column in range(2)]
    assert slowdowns == pytest.approx([1.0, 1.01, 1.5, 1.0])


def test_csv_holds_a_line_a_cell() -> None:
    lines = list(csv.DictReader(io.StringIO(specialised().to_csv())))
    assert [(line["name"], line["device"], line["runtime"], line["precision"]) for line in lines] == [
        ("for-cpu", "board", "onnxruntime", "fp32"),
        ("for-cpu", "phone", "tflite", "int8"),
        ("for-phone", "board", "onnxruntime", "fp32"),
        ("for-phone", "phone", "tflite", "int8"),
    ]
    assert [float(line["measured_ms"]) for line in lines] == [1.0, 4.04, 1.5, 4.0]
    assert float(lines[2]["ci_low_ms"]) == pytest.approx(1.485)
    assert (lines[2]["predicted_ms"], lines[2]["network_error_percent"], lines[2]["macs"]) == ("", "", "1000000")
