import pytest
import torch

from search_client.data.dataset import Images
from search_client.data.splits import split_images
from search_client.training.budget import Budget
from search_client.training.config import SearchConfig
from search_client.training.presets import PRESETS
from search_client.training.schedule import supernet_lr
from tests.unit.search_client.training.small_run import board_target


def config_of(preset: str) -> SearchConfig:
    return SearchConfig.checked(**{"targets": (board_target(1.0),), **PRESETS[preset]})


def test_cifar_is_what_a_search_does_by_default() -> None:
    assert config_of("cifar") == SearchConfig.checked(targets=(board_target(1.0),))


def test_imagenet_is_the_released_schedule() -> None:
    """mit-han-lab/proxylessnas, search/imagenet_arch_search.py: 40 epochs at 0.05, 120 at 0.025, every 5th batch."""
    config = config_of("imagenet")
    steps = 1_181_167 // 256  # an epoch's, of what is not held out
    budget = Budget(40 * steps, config.rest_epochs * steps, 120 * steps, 0)
    rates = [supernet_lr(config, budget, epoch * steps) for epoch in (0, 20, 40, 100)]
    assert rates == pytest.approx([0.05, 0.025, 0.025, 0.0125])
    assert (config.warmup_epochs, config.search_epochs, config.rest_epochs) == (40, 120, 1)
    assert (config.weight_steps_per_arch_step, config.batch_size, config.label_smoothing) == (5, 256, 0.1)
    assert config.plain_alpha_batches
    assert (config.momentum, config.weight_decay) == (0.9, 4e-5)
    assert (config.alpha_lr, config.alpha_betas) == (1e-3, (0.0, 0.999))


def test_imagenet_holds_50000_images_of_all_classes_alike_out_for_the_architecture() -> None:
    config = config_of("imagenet")
    assert config.data_set == "image-folder"
    images = 1_281_167
    validation = config.validation_share * images
    assert config.image_limit is None
    assert validation == pytest.approx(50_000)
    assert config.alpha_share * (images - validation) == pytest.approx(50_000)
    labels = torch.arange(26_000) % 20  # as many images of a class as ImageNet has
    splits = split_images(
        Images(torch.zeros(26_000, 3, 1, 1, dtype=torch.uint8), labels), 0, config.alpha_share, config.validation_share
    )
    assert set(torch.bincount(splits.alphas.labels).tolist()) == {51}
