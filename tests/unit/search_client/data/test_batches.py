import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from search_client.data.augmentation.train_transform import train_transform
from search_client.data.batches import Batch, BatchLoader, Normalisation, evaluation_batches
from search_client.data.dataset import Images, ImageSet
from search_client.data.image_folder import load_image_folder
from tests.unit.search_client.data.photograph_folder import cut_off, make_folder


def make_image_set(count: int = 10, **fields: Any) -> ImageSet:
    pixels = torch.randint(0, 256, (count, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    images = Images(pixels, torch.arange(count))
    given: dict[str, Any] = {"mean": (0.5,) * 3, "std": (0.25,) * 3, "may_flip": True} | fields
    return ImageSet(name="made up", train=images, test=images, num_classes=count, **given)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("photographs"))


def same(ours: Batch, theirs: Batch) -> bool:
    return all(torch.equal(mine, yours) for mine, yours in zip(ours, theirs, strict=True))


def test_a_restored_loader_goes_on_with_the_very_same_batches() -> None:
    image_set = make_image_set()
    unbroken, restored = (BatchLoader(image_set.train, image_set, batch_size=4, seed=1) for _ in range(2))
    unbroken.next_batch()
    restored.load_state_dict(unbroken.state_dict())
    assert all(same(unbroken.next_batch(), restored.next_batch()) for _ in range(5))


def test_without_augmentation_images_are_shown_as_they_are_judged_in_random_order() -> None:
    image_set = make_image_set()
    ((pixels, labels),) = evaluation_batches(image_set.train, image_set, 10)
    loader = BatchLoader(image_set.train, image_set, batch_size=5, seed=1, augment=False)
    shown = [loader.next_batch() for _ in range(2)]
    order = torch.cat([batch[1] for batch in shown])
    assert order.tolist() != labels.tolist()
    assert sorted(order.tolist()) == labels.tolist()
    assert torch.equal(torch.cat([batch[0] for batch in shown]), pixels[order])


def test_a_loader_that_was_set_back_shows_the_same_batches_again() -> None:
    image_set = make_image_set()
    loader = BatchLoader(image_set.train, image_set, batch_size=4, seed=1)
    start = loader.state_dict()
    first = [loader.next_batch() for _ in range(3)]
    loader.load_state_dict(start)
    assert all(same(batch, loader.next_batch()) for batch in first)


@pytest.mark.parametrize("world_size", [2, 4])
def test_the_ranks_together_see_the_batches_of_one_process_augmentation_included(world_size: int) -> None:
    image_set = make_image_set(30)
    transform = train_transform(image_set, "cifar10", cutout_length=4)

    def loader(rank: int, ranks: int) -> BatchLoader:
        return BatchLoader(image_set.train, image_set, 8, seed=2, transform=transform, rank=rank, world_size=ranks)

    alone, ranks = loader(0, 1), [loader(rank, world_size) for rank in range(world_size)]
    for _ in range(5):
        images, labels = alone.next_batch()
        for rank, part in enumerate(ranks):
            assert same(part.next_batch(), (images[rank::world_size], labels[rank::world_size]))


def test_neither_workers_nor_a_restart_in_between_change_the_batches_of_files(photographs: Path) -> None:
    here, elsewhere = (load_image_folder(photographs, photographs, resolution=16, workers=n) for n in (0, 2))
    alone = BatchLoader(here.train, here, batch_size=4, seed=5)
    aided = BatchLoader(elsewhere.train, elsewhere, batch_size=4, seed=5)
    for _ in range(3):
        assert same(alone.next_batch(), aided.next_batch())
    resumed = BatchLoader(elsewhere.train, elsewhere, batch_size=4, seed=5)
    resumed.load_state_dict(aided.state_dict())
    for _ in range(3):
        assert same(alone.next_batch(), resumed.next_batch())


def test_a_damaged_file_is_named_in_the_log_and_counted_while_training_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = make_folder(tmp_path)
    cut_off(root / "train" / "n02" / "3.JPEG")
    images = load_image_folder(tmp_path, root, resolution=16, workers=1)
    loader = BatchLoader(images.train, images, batch_size=18, seed=0)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert loader.next_batch()[0].shape == (18, 3, 16, 16)
    assert loader.unreadable.skipped == 2
    assert ["n02/3.JPEG" in record.getMessage() for record in caplog.records] == [True]


def test_normalised_pixels_are_centred_and_scaled_by_channel() -> None:
    pixels = torch.tensor([0, 255, 51], dtype=torch.uint8).view(1, 3, 1, 1)
    normalised = Normalisation(mean=(0.5, 0.5, 0.2), std=(0.5, 0.25, 1.0))(pixels)
    assert normalised.flatten().tolist() == pytest.approx([-1.0, 2.0, 0.0], abs=1e-6)


def test_images_that_must_not_be_mirrored_never_are() -> None:
    left_to_right = torch.arange(8, dtype=torch.uint8).expand(10, 3, 8, 8)
    image_set = make_image_set(may_flip=False, mean=(0.0,) * 3, std=(1.0,) * 3)
    loader = BatchLoader(Images(left_to_right, torch.arange(10)), image_set, batch_size=10, seed=0)
    row = loader.next_batch()[0][:, 0, 4]  # (N, W): rising, but for the zeros that move in
    inner = row[:, 4:] - row[:, :-4]
    assert bool((inner[row[:, 4:] > 0] > 0).all())


def test_a_transform_of_ones_own_takes_the_place_of_the_usual_one() -> None:
    def black(image: Tensor, _generator: torch.Generator) -> Tensor:
        return torch.zeros_like(image)

    image_set = make_image_set(mean=(0.0,) * 3, std=(1.0,) * 3)
    images, _ = BatchLoader(image_set.train, image_set, 4, seed=0, transform=black).next_batch()
    assert not images.any()


def test_evaluation_shows_every_image_once_and_in_order() -> None:
    image_set = make_image_set(10)
    batches = list(evaluation_batches(image_set.train, image_set, batch_size=4))
    assert [len(labels) for _, labels in batches] == [4, 4, 2]
    assert torch.cat([labels for _, labels in batches]).tolist() == list(range(10))


def test_evaluation_goes_on_without_a_damaged_file_and_without_a_batch_of_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = make_folder(tmp_path)
    for number in (0, 1):
        cut_off(root / "val" / "n01" / f"{number}.JPEG")
    images = load_image_folder(tmp_path, root, resolution=16, workers=1)
    labels = torch.cat([labels for _, labels in evaluation_batches(images.test, images, batch_size=2)])
    assert labels.bincount().tolist() == [4, 6, 6]
    assert len(caplog.records) == 2
