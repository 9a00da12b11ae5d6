"""Ranks: the processes that train one network together, as `torchrun` starts them.

Every rank holds the whole supernet, draws the same paths, sees its own part of each batch and ends each step with the
same weights. Only the first one writes files and speaks to a person.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed

from latency_service.contract.errors import LatencyError

T = TypeVar("T")


class FirstRankFailed(LatencyError):
    """The first process of a run could not start it; its own message says why."""

    code = "first_rank_failed"


@dataclass(frozen=True)
class Ranks:
    """One process's place among those that train together.

    Attributes:
        rank: 0 to world_size - 1.
        local_rank: Its number on its host: which GPU is its own.
        is_led: Whether a launcher such as torchrun started it.
    """

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0
    is_led: bool = False

    @property
    def is_first(self) -> bool:
        """Whether it is this process that writes files and speaks."""
        return self.rank == 0

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors of one dtype and device by their means over all ranks: one exchange, whatever their number.

        Every rank must hand in the same ones; gradients of a path that all ranks share are.
        """
        if self.world_size == 1:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        distributed.all_reduce(flat)
        flat /= self.world_size
        for tensor, mean in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(mean.view(tensor.shape))

    def mean(self, tensor: Tensor) -> Tensor:
        """Return the mean over all ranks, differentiable: a rank's gradient is that of the mean of all ranks' losses.

        Backward exchanges gradients, too; every rank must take part in it.
        """
        return tensor if self.world_size == 1 else _mean_over_ranks(tensor)

    def any(self, flag: bool) -> bool:
        """Say whether the flag is set on some rank: every rank hears the same."""
        return float(self.mean(torch.tensor(float(flag)))) > 0

    def first_then_others(self, first: Callable[[], T], others: Callable[[], T]) -> T:
        """Let the first rank do its part, and then, if that went well, the others theirs.

        Raises:
            FirstRankFailed: On the others, where the first one's part raised.
        """
        if not self.is_first:
            if self.any(False):
                raise FirstRankFailed("the first process could not start the run: see what it says")
            return others()
        has_failed = True
        try:
            result = first()
            has_failed = False
        finally:
            self.any(has_failed)
        return result


ALONE = Ranks()


class _MeanOverRanks(torch.autograd.Function):
    """The mean weighs every rank's tensor alike, so the gradient of each is the mean of all ranks' gradients."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        mean = tensor / distributed.get_world_size()
        distributed.all_reduce(mean)
        return mean

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (gradient,) = gradients
        return _MeanOverRanks.forward(ctx, gradient)


_mean_over_ranks: Callable[[Tensor], Tensor] = _MeanOverRanks.apply


@contextmanager
def joined_ranks() -> Iterator[Ranks]:
    """Join the processes that `torchrun` started with this one, and leave them at the end; alone without torchrun.

    What torchrun says stands in the environment: RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT.
    """
    if "WORLD_SIZE" not in os.environ:
        yield ALONE
        return
    local_rank = int(os.environ.get("LOCAL_RANK", 0))
    if local_rank < torch.cuda.device_count():
        torch.cuda.set_device(local_rank)  # NCCL exchanges on the current device
    distributed.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield Ranks(distributed.get_rank(), distributed.get_world_size(), local_rank, is_led=True)
    finally:
        distributed.destroy_process_group()
