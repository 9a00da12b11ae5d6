from pathlib import Path

from search_client.data.digits import load_digits
from tests.unit.search_client.data.in_memory import in_memory


def test_the_digits_come_without_a_download_and_fit_a_cifar_network(tmp_path: Path) -> None:
    digits = load_digits(tmp_path)
    assert len(digits.train) + len(digits.test) == 1797
    train = in_memory(digits.train)
    assert train.pixels.shape[1:] == (3, 32, 32)
    assert train.pixels.max() == 255
    assert digits.num_classes == len(set(digits.train.labels.tolist())) == 10
    assert not list(tmp_path.iterdir())


def test_each_pixel_of_a_digit_becomes_a_square(tmp_path: Path) -> None:
    image = in_memory(load_digits(tmp_path).train).pixels[0, 0]
    assert (image[:4, 8:12] == image[0, 8]).all()
    assert len(set(image.flatten().tolist())) > 4


def test_a_mirrored_digit_is_another_sign(tmp_path: Path) -> None:
    assert not load_digits(tmp_path).may_flip
