"""A retraining that takes a second: a tiny network over images whose colour tells their class."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from search_client.architecture import Architecture
from search_client.data.dataset import Images, ImageSet
from search_client.retraining.config import RetrainConfig
from search_client.retraining.folder import RetrainFolder
from search_client.retraining.progress import RetrainProgress, RetrainWatcher
from search_client.spaces.registry import make_space
from tests.unit.search_client.training.small_run import SPACE_PARAMS

SPACE = make_space("proxyless-cifar", **SPACE_PARAMS)
CHOICES = (0, 6, 0, 0, 6, 0, 6, 6)


def small_architecture() -> Architecture:
    """Return a network of four blocks, two of them with a skip."""
    return Architecture.of(SPACE, CHOICES)


def separable_images() -> ImageSet:
    """Return 160 training and 80 other test images of noise around a shade that tells their class."""
    generator = torch.Generator().manual_seed(0)
    return ImageSet(
        "separable",
        _images(160, generator),
        _images(80, generator),
        (0.5,) * 3,
        (0.25,) * 3,
        num_classes=4,
        may_flip=True,
    )


def _images(number: int, generator: torch.Generator) -> Images:
    labels = torch.arange(number) % 4
    noise = torch.randint(0, 30, (number, 3, 16, 16), dtype=torch.uint8, generator=generator)
    return Images(noise + (labels * 60).to(torch.uint8).view(-1, 1, 1, 1), labels)


def small_config(**changes: Any) -> RetrainConfig:
    """Return the settings of 12 steps with all that is drawn at random switched on."""
    values: dict[str, Any] = {
        "data_set": "separable",
        "epochs": 3,
        "warmup_epochs": 1,
        "batch_size": 32,
        "validation_share": 0.2,
        "mixup_alpha": 0.2,
        "cutout_length": 4,
        "auto_augment": "cifar10",
        "drop_path_rate": 0.3,
        "ema_decay": 0.9,
        "max_gradient_norm": 5.0,
        "decay_norm_and_bias": False,
        "train_on": "cpu",
        "checkpoint_steps": 4,
    }
    return RetrainConfig.checked(**(values | changes))


def small_folder(path: Path, **changes: Any) -> RetrainFolder:
    """Start such a retraining."""
    return RetrainFolder.create(path, small_config(**changes), small_architecture())


def watcher(stop_after: int | None = None, seen: list[RetrainProgress] | None = None) -> RetrainWatcher:
    """Return a watcher that asks to stop after some steps."""
    told = [] if seen is None else seen
    return RetrainWatcher(told.append, lambda: stop_after is not None and len(told) >= stop_after, _clock())


def _clock() -> Callable[[], float]:
    ticks = iter(range(1_000_000))
    return lambda: float(next(ticks))
