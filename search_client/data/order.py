"""BatchOrder: which images make up which batch, and the seed of each; a pure function of seed and batch number."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from latency_service.contract.errors import InvalidInput

_LARGEST_SEED = 2**63 - 1


class Draw(NamedTuple):
    """One batch, or one rank's part of it.

    Attributes:
        indices: Shape (n,), int64.
        seeds: Of each image's augmentation in this epoch, shape (n,), int64.
    """

    indices: Tensor
    seeds: Tensor


class _Epoch(NamedTuple):
    number: int
    order: Tensor
    seeds: Tensor


class BatchOrder:
    """Endless batches: every epoch a new permutation; what does not fill a batch is left out.

    The seed of an image's augmentation depends on seed, epoch and index alone, so neither the number of ranks nor that
    of worker processes changes what a batch looks like.

    Args:
        size: Images of the split.
        batch_size: Images a batch, of all ranks together.
        seed: Of everything.
        rank: Whose part is drawn: every world_size-th image of each batch, from the rank-th on.
        world_size: How many ranks share each batch.

    Raises:
        InvalidInput: The split is smaller than a batch, or the ranks cannot share a batch evenly.
    """

    def __init__(self, size: int, batch_size: int, seed: int, rank: int = 0, world_size: int = 1) -> None:
        if not 0 < batch_size <= size:
            raise InvalidInput(f"batch size {batch_size} is none, or larger than the split's {size} images")
        if batch_size % world_size or not 0 <= rank < world_size:
            raise InvalidInput(
                f"rank {rank} of {world_size} has no even share of a batch of {batch_size} images: "
                "make batch_size a multiple of the number of ranks"
            )
        self._size = size
        self._batch_size = batch_size
        self._seed = seed
        self._share = slice(rank, None, world_size)
        self._epoch: _Epoch | None = None

    def draw(self, number: int) -> Draw:
        """Return the batch of a number, counted from 0 over all epochs."""
        epoch_number, batch = divmod(number, self._size // self._batch_size)
        epoch = self._open(epoch_number)
        indices = epoch.order[batch * self._batch_size : (batch + 1) * self._batch_size][self._share]
        return Draw(indices, epoch.seeds[indices])

    def _open(self, number: int) -> _Epoch:
        """Return an epoch's order and seeds; the last one asked for is kept."""
        if self._epoch is None or self._epoch.number != number:
            (word,) = np.random.SeedSequence([self._seed, number]).generate_state(1)
            generator = torch.Generator().manual_seed(int(word))
            order = torch.randperm(self._size, generator=generator)
            seeds = torch.randint(_LARGEST_SEED, (self._size,), generator=generator)
            self._epoch = _Epoch(number, order, seeds)
        return self._epoch
