from search_client.comparison.matrix import Matrix
from search_client.comparison.page import render_page
from tests.unit.search_client.comparison.matrices import CPU, cell, contestant, specialised


def test_a_page_holds_the_picture_the_table_and_what_it_says() -> None:
    page = render_page(specialised())
    assert page.count("<svg") == 1
    assert "board onnxruntime: for-cpu is the fastest, for-phone takes 50.0 % more" in page
    assert "1.5 ms [1.485, 1.515]" in page
    assert "src=" not in page
    assert "href=" not in page.replace("xlink:href=", "")


def test_names_are_text_and_not_markup() -> None:
    matrix = Matrix.of([contestant("<b>bold</b>", "n1")], [CPU], [[cell("n1", CPU, 1.0)]])
    assert "<b>bold</b>" not in render_page(matrix)
