import io

from PIL import Image

from search_client.comparison.matrix import Matrix
from search_client.comparison.picture import picture
from tests.unit.search_client.comparison.matrices import CPU, cell, contestant, specialised


def test_a_vector_picture_names_networks_devices_and_latencies() -> None:
    svg = picture(specialised(), "svg").decode()
    assert all(text in svg for text in ("for-cpu", "for-phone", "board onnxruntime", "phone tflite int8"))
    assert all(text in svg for text in ("1.5 ms", "1.50 x", "4.04 ms"))


def test_the_same_matrix_gives_the_same_file() -> None:
    assert picture(specialised(), "svg") == picture(specialised(), "svg")


def test_a_bitmap_is_readable() -> None:
    image = Image.open(io.BytesIO(picture(specialised(), "png")))
    assert image.format == "PNG"
    assert min(image.size) > 100


def test_a_single_network_can_be_drawn() -> None:
    matrix = Matrix.of([contestant("a", "n1")], [CPU], [[cell("n1", CPU, 1.0)]])
    assert "1.00 x" in picture(matrix, "svg").decode()
