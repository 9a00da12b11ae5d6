import os
from pathlib import Path

import pytest
import torch

from latency_service.contract.errors import InvalidInput
from search_client.data.augmentation.colour_jitter import ColourJitter
from search_client.data.dataset import DataSetUnavailable, LabelledImages
from search_client.data.image_files import ImageFiles
from search_client.data.image_folder import load_image_folder
from search_client.data.splits import split_images
from tests.unit.search_client.data.photograph_folder import CLASSES, make_folder


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("photographs"), images_a_class=10)


def names(images: LabelledImages) -> list[str]:
    assert isinstance(images, ImageFiles)
    return [os.fsdecode(name) for name in images.names]


def test_every_image_has_the_place_of_its_class_as_its_label(root: Path, tmp_path: Path) -> None:
    images = load_image_folder(tmp_path, root, resolution=32)
    assert (images.num_classes, images.resolution) == (len(CLASSES), 32)
    for part, folder in ((images.train, "train"), (images.test, "val")):
        expected = [f"{folder}/{CLASSES[label]}" for label in part.labels.tolist()]
        assert [str(Path(name).parent) for name in names(part)] == expected
        assert part.labels.bincount().tolist() == [10] * len(CLASSES)


def test_without_a_root_it_lies_in_the_cache_and_its_images_are_photographs(root: Path, tmp_path: Path) -> None:
    (tmp_path / "image-folder").symlink_to(root)
    images = load_image_folder(tmp_path)
    assert (len(images.train), images.resolution, images.may_flip) == (30, 224, True)
    assert images.colour_jitter == ColourJitter()
    assert 1 <= images.workers <= 8


@pytest.mark.parametrize(("subset", "a_class"), [(0.3, 3), (0.01, 1), (4, 4), (1, 1), (99, 10), (None, 10)])
def test_a_subset_is_a_share_or_a_number_of_each_classs_training_images(
    root: Path, tmp_path: Path, subset: float | None, a_class: int
) -> None:
    images = load_image_folder(tmp_path, root, subset=subset)
    assert images.train.labels.bincount().tolist() == [a_class] * len(CLASSES)
    assert len(images.test) == 30


def test_a_subset_is_the_same_every_time_and_a_part_of_a_larger_one(root: Path, tmp_path: Path) -> None:
    small, again, large = (set(names(load_image_folder(tmp_path, root, subset=size).train)) for size in (3, 3, 0.6))
    assert small == again
    assert small < large


@pytest.mark.parametrize("subset", [0, -1, 1.5, float("nan")])
def test_a_subset_that_is_neither_share_nor_number_is_refused(root: Path, tmp_path: Path, subset: float) -> None:
    with pytest.raises(InvalidInput, match="share between 0 and 1, or a whole number"):
        load_image_folder(tmp_path, root, subset=subset)


def test_splits_of_files_are_balanced_by_class(root: Path, tmp_path: Path) -> None:
    images = load_image_folder(tmp_path, root)
    splits = split_images(images.train, seed=0, alpha_share=0.25, validation_share=0.2)
    assert splits.validation.labels.bincount().tolist() == [2] * 3
    assert splits.weights.labels.bincount().tolist() == [6] * 3
    parts = [names(part) for part in (splits.weights, splits.alphas, splits.validation)]
    assert len(set().union(*parts)) == sum(map(len, parts)) == 30


def test_hidden_files_and_files_of_other_kinds_are_no_images(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "photographs", images_a_class=1)
    for name in ("._0.JPEG", "readme.txt"):
        (root / "train" / CLASSES[0] / name).write_text("no image")
    (root / "train" / ".cache").mkdir()
    assert len(load_image_folder(tmp_path, root).train) == 3


def test_a_missing_folder_says_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(DataSetUnavailable, match=r"image-folder/train.*a folder a class"):
        load_image_folder(tmp_path)


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    for part in ("train", "val"):
        (tmp_path / part / "n01").mkdir(parents=True)
    with pytest.raises(DataSetUnavailable, match=r"holds no images: \.bmp, \.jpeg"):
        load_image_folder(tmp_path, tmp_path)


def test_a_class_that_only_the_test_images_have_is_named(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "photographs", images_a_class=1)
    (root / "val" / "n99").mkdir()
    with pytest.raises(InvalidInput, match="train has not: n99"):
        load_image_folder(tmp_path, root)


@pytest.mark.parametrize("params", [{"resolution": 0}, {"workers": -1}])
def test_parameters_out_of_range_are_refused(root: Path, tmp_path: Path, params: dict[str, int]) -> None:
    with pytest.raises(InvalidInput, match="resolution >= 1 and workers >= 0"):
        load_image_folder(tmp_path, root, **params)


def test_labels_are_whole_numbers(root: Path, tmp_path: Path) -> None:
    assert load_image_folder(tmp_path, root).train.labels.dtype == torch.int64
