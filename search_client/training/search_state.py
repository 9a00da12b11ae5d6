"""SearchState: everything in a search that changes from step to step, and how it is stored and brought back."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import nn

from latency_service.contract.errors import InvalidInput
from search_client.compute import Compute
from search_client.data.batches import BatchLoader
from search_client.data.dataset import ImageSet, LabelledImages
from search_client.data.splits import Splits, split_images
from search_client.latency.objective import Objective
from search_client.modules.offload import Offload
from search_client.modules.super_net import SuperNet
from search_client.modules.synced_batch_norm import synchronise
from search_client.spaces.space import SearchSpace
from search_client.strategies.base import Strategy
from search_client.strategies.exploration import entropy_share
from search_client.training.config import SearchConfig
from search_client.training.evaluation import make_weight_optimizer

_CONSUMERS_OF_SEEDS = 6


class SearchState:
    """Supernet, optimisers, loaders and random generators of one search.

    Attributes:
        step: Weight steps done.
        offload: What sends candidates that do not run back to the host, or None where all stay on the device.
        seconds: Wall time used up to the last checkpoint.
        splits: Who learns from which image; made anew from the seed, never stored.
        fine_tune_seed: For what follows the search.

    Raises:
        InvalidInput: A split is too small.
    """

    def __init__(
        self,
        config: SearchConfig,
        space: SearchSpace,
        image_set: ImageSet,
        strategy: Strategy,
        objective: Objective,
        compute: Compute,
    ) -> None:
        _, init_seed, weight_seed, alpha_seed, path_seed, self.fine_tune_seed = _seeds(config.seed)
        self.step = 0
        self.seconds = 0.0
        self.splits = make_splits(config, image_set)
        self.compute = compute
        self.weight_batches = make_batches(config, self.splits.weights, image_set, weight_seed, compute)
        self.alpha_batches = make_batches(
            config, self.splits.alphas, image_set, alpha_seed, compute, augment=not config.plain_alpha_batches
        )
        self.path_generator = torch.Generator().manual_seed(path_seed)
        self.supernet = SuperNet(space, torch.Generator().manual_seed(init_seed), strategy.make_mixed_op)
        if config.sync_batch_norm and compute.ranks.is_led:
            synchronise(self.supernet, compute.ranks)
        self.weight_optimizer = make_weight_optimizer(self.supernet.weight_params(), config)
        self.arch_optimizer = make_arch_optimizer(self.supernet.arch_params(), config)
        self.objective = objective
        self.strategy = strategy
        self.offload = self._place(config.offload)

    @property
    def entropy(self) -> float:
        """Entropy of the path probabilities as a share of the largest possible, mean over the blocks."""
        shares = [entropy_share(probs) for probs in self.supernet.path_probs()]
        return sum(shares) / len(shares)

    def _place(self, offload: bool) -> Offload | None:
        if not offload:
            self.compute.place(self.supernet)
            return None
        self.supernet.to(memory_format=self.compute.memory_format)  # type: ignore[call-overload]
        return Offload(self.supernet, self.weight_optimizer, self.compute.device)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint holds."""
        parts = {name: getattr(self, name).state_dict() for name in self._PARTS}
        path_generator = self.path_generator.get_state()
        return {"step": self.step, "seconds": self.seconds, "path_generator": path_generator, **parts}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.step, self.seconds = state["step"], state["seconds"]
        self.path_generator.set_state(state["path_generator"])
        for name in self._PARTS:
            getattr(self, name).load_state_dict(state[name])

    _PARTS = (
        "supernet",
        "weight_optimizer",
        "arch_optimizer",
        "weight_batches",
        "alpha_batches",
        "objective",
        "strategy",
        "compute",
    )


def make_arch_optimizer(params: Iterable[nn.Parameter], config: SearchConfig) -> torch.optim.Adam:
    """Return the Adam that moves the alphas."""
    return torch.optim.Adam(params, lr=config.alpha_lr, betas=config.alpha_betas, weight_decay=0.0)


def make_splits(config: SearchConfig, image_set: ImageSet) -> Splits:
    """Return who learns from which image.

    Raises:
        InvalidInput: A part is empty, or too small for a batch.
    """
    split_seed = _seeds(config.seed)[0]
    shares = (config.alpha_share, config.validation_share)
    splits = split_images(image_set.train, split_seed, *shares, config.image_limit)
    smallest = min(len(splits.weights), len(splits.alphas))
    if smallest < config.batch_size:
        raise InvalidInput(
            f"a batch of {config.batch_size} is more than the {smallest} images that the weights or the architecture "
            "get; lower batch_size, or raise image_limit"
        )
    return splits


def make_batches(
    config: SearchConfig, images: LabelledImages, image_set: ImageSet, seed: int, compute: Compute, augment: bool = True
) -> BatchLoader:
    """Return this rank's share of an endless row of batches."""
    rank, world_size = compute.ranks.rank, compute.ranks.world_size
    return BatchLoader(images, image_set, config.batch_size, seed, augment=augment, rank=rank, world_size=world_size)


def _seeds(seed: int) -> list[int]:
    """Return independent seeds, so that a change of one consumer's draws leaves the others alone."""
    return [int(word) for word in np.random.SeedSequence(seed).generate_state(_CONSUMERS_OF_SEEDS)]
