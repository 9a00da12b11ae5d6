"""Batch normalisation over all ranks' parts of a batch: as many processes as there are, one result.

`torch.nn.SyncBatchNorm` does the same on CUDA alone, and is no BatchNorm2d, which the rest of this package looks for.
"""

import torch
from torch import Tensor, nn

from search_client.distributed import Ranks


class SyncedBatchNorm2d(nn.BatchNorm2d):
    """A BatchNorm2d whose training-mode mean and variance are those of all ranks' equally large parts together.

    Args:
        like: The layer whose place it takes, with weight and bias; they and the statistics become its own.
        ranks: Who takes part. Every rank must run the same layers in the same order.
    """

    def __init__(self, like: nn.BatchNorm2d, ranks: Ranks) -> None:
        weight = like.weight
        super().__init__(like.num_features, like.eps, like.momentum, device=weight.device, dtype=weight.dtype)
        self.load_state_dict(like.state_dict())
        self._ranks = ranks

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x, shape (N, num_features, H, W), in single precision at least."""
        if not self.training:
            return super().forward(x)
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        mean = self._ranks.mean(wide.mean((0, 2, 3)))
        centred = wide - mean[:, None, None]
        variance = self._ranks.mean(centred.square().mean((0, 2, 3)))
        if self.track_running_stats:
            count = x.numel() // self.num_features * self._ranks.world_size
            self._record(mean.detach(), variance.detach() * (count / (count - 1)))
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return (centred * scale[:, None, None] + self.bias[:, None, None]).to(x.dtype)

    @torch.no_grad()
    def _record(self, mean: Tensor, variance: Tensor) -> None:
        assert self.num_batches_tracked is not None
        assert self.running_mean is not None
        assert self.running_var is not None
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


def synchronise(module: nn.Module, ranks: Ranks) -> None:
    """Replace every BatchNorm2d inside a module; do so before an optimiser is made of its parameters."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(module, name, SyncedBatchNorm2d(child, ranks))
        else:
            synchronise(child, ranks)
