from typing import Any

import pytest
import torch

from latency_service.contract.errors import InvalidInput
from search_client.data.batches import (
    BatchLoader,
    BatchSampler,
    Normalisation,
    evaluation_batches,
    random_crop,
    random_flip,
)
from search_client.data.dataset import Images, ImageSet


def make_image_set(count: int = 10, **fields: Any) -> ImageSet:
    pixels = torch.randint(0, 256, (count, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    images = Images(pixels, torch.arange(count))
    given: dict[str, Any] = {"mean": (0.5,) * 3, "std": (0.25,) * 3, "may_flip": True} | fields
    return ImageSet(name="made up", train=images, test=images, num_classes=count, **given)


def sampler(size: int, batch_size: int) -> BatchSampler:
    return BatchSampler(size, batch_size, torch.Generator().manual_seed(0))


def test_an_epoch_shows_every_image_once() -> None:
    batches = sampler(size=12, batch_size=4)
    seen = torch.cat([batches.next_indices() for _ in range(3)])
    assert sorted(seen.tolist()) == list(range(12))


def test_the_next_epoch_has_another_order() -> None:
    batches = sampler(size=50, batch_size=50)
    assert batches.next_indices().tolist() != batches.next_indices().tolist()


def test_a_batch_never_spans_two_epochs() -> None:
    batches = sampler(size=10, batch_size=4)
    for _ in range(6):
        assert len(set(batches.next_indices().tolist())) == 4


def test_a_batch_larger_than_the_split_is_refused() -> None:
    with pytest.raises(InvalidInput, match="larger than"):
        sampler(size=3, batch_size=4)


def test_a_restored_loader_goes_on_with_the_very_same_batches() -> None:
    image_set = make_image_set()
    unbroken = BatchLoader(image_set.train, image_set, batch_size=4, seed=1)
    unbroken.next_batch()
    restored = BatchLoader(image_set.train, image_set, batch_size=4, seed=99)
    restored.load_state_dict(unbroken.state_dict())
    for _ in range(5):
        ours, theirs = unbroken.next_batch(), restored.next_batch()
        assert torch.equal(ours[0], theirs[0])
        assert torch.equal(ours[1], theirs[1])


def test_normalised_pixels_are_centred_and_scaled_by_channel() -> None:
    pixels = torch.tensor([0, 255, 51], dtype=torch.uint8).view(1, 3, 1, 1)
    normalised = Normalisation(mean=(0.5, 0.5, 0.2), std=(0.5, 0.25, 1.0))(pixels)
    assert normalised.flatten().tolist() == pytest.approx([-1.0, 2.0, 0.0], abs=1e-6)


def test_a_crop_is_a_shift_of_at_most_four_pixels_with_zeros_moving_in() -> None:
    pixels = torch.randint(1, 256, (64, 3, 8, 8), dtype=torch.uint8)
    cropped = random_crop(pixels, torch.Generator().manual_seed(0))
    padded = torch.nn.functional.pad(pixels, (4, 4, 4, 4))
    shifts = set()
    for image, shifted in zip(padded, cropped, strict=True):
        fitting = {
            (top, left)
            for top in range(9)
            for left in range(9)
            if torch.equal(image[:, top : top + 8, left : left + 8], shifted)
        }
        assert len(fitting) == 1
        shifts |= fitting
    assert len(shifts) > 30


def test_about_half_of_the_images_are_mirrored_and_the_others_kept() -> None:
    pixels = torch.randint(0, 256, (200, 3, 4, 4), dtype=torch.uint8)
    flipped = random_flip(pixels, torch.Generator().manual_seed(0))
    kept = (flipped == pixels).flatten(1).all(1)
    mirrored = (flipped == pixels.flip(3)).flatten(1).all(1)
    assert bool((kept | mirrored).all())
    assert 70 < int(mirrored.sum()) < 130


def test_images_that_must_not_be_mirrored_never_are() -> None:
    left_to_right = torch.arange(8, dtype=torch.uint8).expand(10, 3, 8, 8)
    image_set = make_image_set(may_flip=False, mean=(0.0,) * 3, std=(1.0,) * 3)
    loader = BatchLoader(Images(left_to_right, torch.arange(10)), image_set, batch_size=10, seed=0)
    row = loader.next_batch()[0][:, 0, 4]  # (N, W): rising, but for the zeros that move in
    inner = row[:, 4:] - row[:, :-4]
    assert bool((inner[row[:, 4:] > 0] > 0).all())


def test_evaluation_shows_every_image_once_and_in_order() -> None:
    image_set = make_image_set(10)
    batches = list(evaluation_batches(image_set.train, image_set, batch_size=4))
    assert [len(labels) for _, labels in batches] == [4, 4, 2]
    assert torch.cat([labels for _, labels in batches]).tolist() == list(range(10))
