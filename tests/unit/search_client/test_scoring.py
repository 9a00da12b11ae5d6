import math

import pytest
import torch

from latency_service.contract.errors import InvalidInput
from search_client.data.batches import Normalisation
from search_client.data.dataset import Images
from search_client.scoring import BATCH_SIZE, classify_all, score
from tests.unit.search_client.training.small_run import small_images


def test_a_score_is_the_share_of_right_images_and_the_mean_cross_entropy() -> None:
    logits = torch.tensor([[math.log(3.0), 0.0], [0.0, math.log(3.0)], [math.log(3.0), 0.0]])
    found = score(logits, torch.tensor([0, 1, 1]))
    assert found.images == 3
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.loss == pytest.approx((2 * -math.log(3 / 4) - math.log(1 / 4)) / 3)


def test_every_image_is_shown_once_in_order_and_normalised() -> None:
    image_set = small_images()
    images = image_set.train.subset(torch.arange(BATCH_SIZE + 3))
    assert isinstance(images, Images)
    logits, labels = classify_all(lambda pixels: pixels.mean(dim=(2, 3)), images, image_set)
    expected = Normalisation(image_set.mean, image_set.std)(images.pixels).mean(dim=(2, 3))
    torch.testing.assert_close(logits, expected)
    assert torch.equal(labels, images.labels)


def test_labels_that_the_network_cannot_give_are_refused() -> None:
    with pytest.raises(InvalidInput, match="2 classes cannot be scored by labels up to 7"):
        score(torch.zeros(2, 2), torch.tensor([0, 7]))


def test_without_images_there_is_no_score() -> None:
    image_set = small_images()
    with pytest.raises(InvalidInput, match="nothing to score"):
        classify_all(lambda pixels: pixels, image_set.test.subset(torch.arange(0)), image_set)
