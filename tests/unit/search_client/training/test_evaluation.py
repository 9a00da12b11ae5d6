import pytest
import torch
from torch import nn

from search_client.data.dataset import Images
from search_client.training.evaluation import accuracy_on, recalibrate
from tests.unit.search_client.data.in_memory import in_memory
from tests.unit.search_client.training.small_run import small_images


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
