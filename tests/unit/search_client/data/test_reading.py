from pathlib import Path

import pytest
import torch

from search_client.data.augmentation.transform import Composed
from search_client.data.dataset import DataSetUnavailable, LabelledImages
from search_client.data.image_folder import load_image_folder
from search_client.data.order import BatchOrder
from search_client.data.reading import EvaluationReader, TrainingReader
from tests.unit.search_client.data.photograph_folder import CLASSES, cut_off, make_folder, shade

AS_IT_IS = Composed(())


@pytest.fixture
def train(tmp_path: Path) -> LabelledImages:
    return load_image_folder(tmp_path, make_folder(tmp_path / "photographs"), resolution=16).train


def damage(root: Path, *names: str) -> None:
    for name in names:
        cut_off(root / "photographs" / "train" / name)


def labels_shown(pixels: torch.Tensor) -> list[int]:
    """Return the classes that the images show in their red channel."""
    reds = pixels[:, 0].float().mean((1, 2))
    return [min(range(len(CLASSES)), key=lambda label: abs(shade(label) - float(red))) for red in reds]


def test_images_and_labels_of_a_training_batch_belong_together(train: LabelledImages) -> None:
    read = TrainingReader(train, BatchOrder(18, 9, seed=0), AS_IT_IS)(1)
    assert read.pixels.shape == (9, 3, 16, 16)
    assert labels_shown(read.pixels) == read.labels.tolist()
    assert read.unreadable == ()


def test_the_next_image_takes_the_place_of_one_that_cannot_be_decoded_and_batches_stay_full(
    train: LabelledImages, tmp_path: Path
) -> None:
    order = BatchOrder(18, 18, seed=0)
    whole = TrainingReader(train, order, AS_IT_IS)(0)
    damage(tmp_path, "n02/5.JPEG", "n03/0.JPEG")  # the images 11 and 12: 13 takes the place of both
    read = TrainingReader(train, order, AS_IT_IS)(0)
    assert len(read.labels) == 18
    assert labels_shown(read.pixels) == read.labels.tolist()
    replaced = [int((order.draw(0).indices == index).nonzero()) for index in (11, 12)]
    assert read.labels[replaced].tolist() == [2, 2]
    kept = torch.ones(18, dtype=torch.bool)
    kept[replaced] = False
    assert torch.equal(read.pixels[kept], whole.pixels[kept])
    named = [message.split(" ")[0].rsplit("/", 2)[-2:] for message in read.unreadable]
    assert sorted(named) == [["n02", "5.JPEG"], ["n03", "0.JPEG"], ["n03", "0.JPEG"]]


def test_evaluation_leaves_out_what_cannot_be_decoded(train: LabelledImages, tmp_path: Path) -> None:
    damage(tmp_path, "n01/1.JPEG", "n02/0.JPEG", "n02/1.JPEG")
    reader = EvaluationReader(train, batch_size=4)
    reads = [reader(number) for number in range(5)]
    assert [len(read.labels) for read in reads] == [3, 2, 4, 4, 2]
    assert [len(read.unreadable) for read in reads] == [1, 2, 0, 0, 0]
    for read in reads:
        assert labels_shown(read.pixels) == read.labels.tolist()


def test_a_batch_of_which_nothing_can_be_decoded_is_empty(train: LabelledImages, tmp_path: Path) -> None:
    damage(tmp_path, "n01/0.JPEG", "n01/1.JPEG")
    read = EvaluationReader(train, batch_size=2)(0)
    assert read.pixels.shape == (0, 3, 16, 16)
    assert len(read.unreadable) == 2


def test_a_folder_that_is_gone_is_no_heap_of_damaged_images(train: LabelledImages, tmp_path: Path) -> None:
    reader = TrainingReader(train, BatchOrder(18, 4, seed=0), AS_IT_IS)
    (tmp_path / "photographs").rename(tmp_path / "elsewhere")
    with pytest.raises(DataSetUnavailable, match="18 images in a row cannot be read"):
        reader(0)
