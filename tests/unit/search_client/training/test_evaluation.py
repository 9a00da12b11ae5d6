import math

import pytest
import torch
from torch import nn

from latency_service.contract.errors import InvalidInput
from search_client.data.dataset import Images
from search_client.training.evaluation import accuracy_on, make_alpha_criterion, make_criterion, recalibrate
from tests.unit.search_client.data.in_memory import in_memory
from tests.unit.search_client.training.small_run import small_config, small_images


def test_recalibrated_statistics_are_the_mean_over_the_batches() -> None:
    layer = nn.BatchNorm2d(2)
    layer.running_mean.fill_(99.0)  # type: ignore[union-attr]
    batches = [(torch.full((4, 2, 3, 3), value), torch.zeros(4)) for value in (1.0, 2.0, 6.0)]
    recalibrate(layer, batches)
    assert layer.running_mean is not None
    assert layer.running_mean.tolist() == pytest.approx([3.0, 3.0])
    assert layer.momentum == 0.1


def test_accuracy_counts_every_image_once_without_touching_the_network() -> None:
    class FirstClass(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            assert not self.training
            return torch.tensor([1.0, 0.0]).expand(len(images), 2)

    image_set = small_images()
    labels = (torch.arange(300) >= 75).long()
    images = Images(in_memory(image_set.train).pixels[:300], labels)
    assert accuracy_on(FirstClass(), images, image_set) == 0.25


def test_the_architecture_learns_from_smoothed_labels_unless_its_batches_are_plain() -> None:
    logits, labels = torch.tensor([[2.0, 0.0]]), torch.tensor([0])
    plain, smoothed = (
        float(make_alpha_criterion(small_config(plain_alpha_batches=plain, label_smoothing=0.2))(logits, labels))
        for plain in (True, False)
    )
    right, wrong = math.log(1 + math.exp(-2)), math.log(1 + math.exp(2))
    assert plain == pytest.approx(right)
    assert smoothed == pytest.approx(0.9 * right + 0.1 * wrong)
    criterion = make_criterion(small_config(plain_alpha_batches=True, label_smoothing=0.2))
    assert float(criterion(logits, labels)) == pytest.approx(smoothed)


def test_images_of_which_none_can_be_read_have_no_accuracy() -> None:
    image_set = small_images()
    none = in_memory(image_set.train).subset(torch.arange(0))
    with pytest.raises(InvalidInput, match="nothing to score"):
        accuracy_on(nn.Identity(), none, image_set)
