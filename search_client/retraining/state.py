"""RetrainState: everything in a retraining that changes from step to step, and how it is stored and brought back.

What a step draws at random depends on seed, step and rank alone, so there are no generators to store.
"""

from typing import Any

import numpy as np
import torch
from torch import nn

from latency_service.contract.errors import InvalidInput
from search_client.architecture import Architecture
from search_client.compute import Compute
from search_client.data.augmentation.mixup import mixup
from search_client.data.augmentation.soft_labels import soft_labels
from search_client.data.augmentation.train_transform import train_transform
from search_client.data.batches import Batch, BatchLoader
from search_client.data.dataset import ImageSet, LabelledImages
from search_client.data.fit import require_fit
from search_client.data.splits import split_images
from search_client.modules.derived import build_network
from search_client.modules.synced_batch_norm import synchronise
from search_client.retraining.config import RetrainConfig
from search_client.retraining.drop_path import insert_drop_path
from search_client.retraining.ema import moving_average

_CONSUMERS_OF_SEEDS = 4
_ANY_SHARE = 0.5


class RetrainState:
    """Network, its moving average, optimiser and loader of one retraining.

    Attributes:
        step: Steps done.
        seconds: Wall time used up to the last checkpoint.
        train_images: What is trained on.
        validation: What is held out for the curves; None for nothing.

    Raises:
        InvalidInput: The network is not made for these images, or they are fewer than a batch.
    """

    def __init__(
        self, config: RetrainConfig, architecture: Architecture, image_set: ImageSet, compute: Compute
    ) -> None:
        require_fit(architecture.network(), image_set)
        _, init_seed, batch_seed, self._noise_seed = _seeds(config.seed)
        self.step, self.seconds = 0, 0.0
        self.compute = compute
        self._config, self._num_classes = config, image_set.num_classes
        self.train_images, self.validation = make_split(config, image_set)
        self.batches = _batches(config, self.train_images, image_set, batch_seed, compute)
        self.module = compute.place(build_network(architecture.network(), torch.Generator().manual_seed(init_seed)))
        self.average = None if config.ema_decay is None else moving_average(self.module, config.ema_decay)
        if config.sync_batch_norm and compute.ranks.world_size > 1:
            synchronise(self.module, compute.ranks)
        self._generator = torch.Generator()
        self.drop_paths = insert_drop_path(self.module, self._generator)
        self.optimizer = make_optimizer(self.module, config)

    @property
    def judged(self) -> nn.Module:
        """What is judged and kept: the moving average, where there is one."""
        return self.module if self.average is None else self.average.module

    def next_batch(self) -> Batch:
        """Return this rank's images of the present step, and their labels as probabilities; seeds the step's draws."""
        seeds = np.random.SeedSequence([self._noise_seed, self.step, self.compute.ranks.rank])
        self._generator.manual_seed(int(seeds.generate_state(1)[0]))
        images, labels = self.batches.next_batch()
        probs = soft_labels(labels, self._num_classes, self._config.label_smoothing).to(images.dtype)
        if self._config.mixup_alpha is None:
            return images, probs
        return mixup(images, probs, self._config.mixup_alpha, self._generator)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint holds."""
        parts = {name: getattr(self, name).state_dict() for name in self._parts}
        return {"step": self.step, "seconds": self.seconds, **parts}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.step, self.seconds = state["step"], state["seconds"]
        for name in self._parts:
            getattr(self, name).load_state_dict(state[name])

    @property
    def _parts(self) -> tuple[str, ...]:
        return ("module", "optimizer", "batches", "compute", *(() if self.average is None else ("average",)))


def make_optimizer(module: nn.Module, config: RetrainConfig) -> torch.optim.SGD:
    """Return Nesterov SGD; batch normalisations and biases, which are vectors, decay only where the config says so."""
    params = list(module.parameters())
    matrices, vectors = [p for p in params if p.ndim > 1], [p for p in params if p.ndim <= 1]
    decay_of_vectors = config.weight_decay if config.decay_norm_and_bias else 0.0
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": vectors, "weight_decay": decay_of_vectors},
    ]
    return torch.optim.SGD(groups, lr=config.lr, momentum=config.momentum, nesterov=True)


def _batches(
    config: RetrainConfig, images: LabelledImages, image_set: ImageSet, seed: int, compute: Compute
) -> BatchLoader:
    transform = train_transform(image_set, config.auto_augment, config.cutout_length)
    rank, world_size = compute.ranks.rank, compute.ranks.world_size
    return BatchLoader(
        images, image_set, config.batch_size, seed, transform=transform, rank=rank, world_size=world_size
    )


def make_split(config: RetrainConfig, image_set: ImageSet) -> tuple[LabelledImages, LabelledImages | None]:
    """Return what is trained on and what is held out, class by class.

    Raises:
        InvalidInput: A part is empty, or what is trained on is less than a batch.
    """
    train, validation = image_set.train, None
    if config.validation_share:
        splits = split_images(train, _seeds(config.seed)[0], _ANY_SHARE, config.validation_share)
        train, validation = splits.weights + splits.alphas, splits.validation
    if len(train) < config.batch_size:
        raise InvalidInput(
            f"a batch of {config.batch_size} is more than the {len(train)} images that are trained on; lower batch_size"
        )
    return train, validation


def _seeds(seed: int) -> list[int]:
    """Return independent seeds, so that a change of one consumer's draws leaves the others alone."""
    return [int(word) for word in np.random.SeedSequence(seed).generate_state(_CONSUMERS_OF_SEEDS)]
