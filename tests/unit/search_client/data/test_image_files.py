from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from search_client.data.dataset import LabelledImages, UnreadableImage
from search_client.data.image_files import ImageFiles
from tests.unit.search_client.data.photograph_folder import cut_off, write_photograph


def files(folder: Path, *names: str) -> ImageFiles:
    return ImageFiles(folder, np.array([name.encode() for name in names]), torch.arange(len(names)), resolution=16)


@pytest.fixture
def photographs(tmp_path: Path) -> ImageFiles:
    rng = np.random.default_rng(0)
    for index in range(4):
        write_photograph(tmp_path / f"{index}.jpg", 20 + 60 * index, rng)
    return files(tmp_path, *(f"{index}.jpg" for index in range(4)))


def red(view: torch.Tensor) -> int:
    return round(float(view[0].float().mean()))


def test_views_are_of_the_resolution_and_of_the_image_asked_for(photographs: ImageFiles) -> None:
    for index in range(4):
        for view in (photographs.evaluation_view(index), photographs.training_view(index, torch.Generator())):
            assert (view.shape, view.dtype) == ((3, 16, 16), torch.uint8)
            assert red(view) == pytest.approx(20 + 60 * index, abs=25)


def test_training_views_differ_and_follow_their_generator(photographs: ImageFiles) -> None:
    views = [photographs.training_view(0, torch.Generator().manual_seed(seed)) for seed in (1, 2, 1)]
    assert not torch.equal(views[0], views[1])
    assert torch.equal(views[0], views[2])


def test_subsets_and_sums_hold_their_own_files(photographs: ImageFiles) -> None:
    images: LabelledImages = photographs
    chosen = images.subset(torch.tensor([3, 1])) + images.subset(torch.tensor([0]))
    assert (len(chosen), chosen.labels.tolist(), chosen.resolution) == (3, [3, 1, 0], 16)
    assert torch.equal(chosen.evaluation_view(1), images.evaluation_view(1))


def test_grey_and_transparent_images_become_rgb(tmp_path: Path) -> None:
    Image.new("L", (20, 20), 77).save(tmp_path / "grey.png")
    Image.new("RGBA", (20, 20), (1, 2, 3, 0)).save(tmp_path / "transparent.png")
    Image.new("CMYK", (20, 20)).save(tmp_path / "print.jpg")
    images = files(tmp_path, "grey.png", "transparent.png", "print.jpg")
    assert set(images.evaluation_view(0).flatten().tolist()) == {77}
    assert images.evaluation_view(1)[:, 0, 0].tolist() == [1, 2, 3]
    assert set(images.evaluation_view(2).flatten().tolist()) == {255}


@pytest.mark.parametrize(
    "damage", [cut_off, Path.unlink, lambda path: path.write_bytes(b""), lambda path: path.write_text("<html>")]
)
def test_a_file_that_cannot_be_decoded_is_named(photographs: ImageFiles, damage: object) -> None:
    assert callable(damage)
    damage(photographs.root / "2.jpg")
    with pytest.raises(UnreadableImage, match=r"2\.jpg cannot be read as an image"):
        photographs.evaluation_view(2)
    with pytest.raises(UnreadableImage, match=r"2\.jpg cannot be read as an image"):
        photographs.training_view(2, torch.Generator())
    assert photographs.evaluation_view(1).shape == (3, 16, 16)
