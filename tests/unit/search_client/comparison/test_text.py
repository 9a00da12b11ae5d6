import io

from rich.console import Console

from search_client.comparison.matrix import Matrix
from search_client.comparison.text import matrix_table
from tests.unit.search_client.comparison.matrices import CPU, cell, contestant, specialised


def shown(matrix: Matrix) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=200).print(matrix_table(matrix))
    return text.getvalue().splitlines()


def test_a_row_tells_a_network_s_latency_on_each_device_and_marks_its_own() -> None:
    (row,) = [line for line in shown(specialised()) if "for-phone" in line]
    assert "1.5 (1.485 to 1.515)" in row
    assert "4 (3.96 to 4.04) *" in row
    assert (row.count("*"), "50.0%" in row, "1.00 M" in row) == (1, True, True)


def test_a_verdict_that_is_not_ok_is_told() -> None:
    noisy = cell("n1", CPU, 1.0).model_copy(update={"verdict": "noisy"})
    assert any("noisy" in line for line in shown(Matrix.of([contestant("a", "n1")], [CPU], [[noisy]])))
