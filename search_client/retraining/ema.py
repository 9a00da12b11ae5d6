"""The moving average of a network's weights, which often classifies better than the weights themselves."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def warmed_up_decay(decay: float, updates: int) -> float:
    """Return the decay of an update: small at first, so that the initial weights are soon forgotten.

    Source: TensorFlow, tf.train.ExponentialMovingAverage(num_updates): min(decay, (1 + n) / (10 + n)).
    """
    return min(decay, (1 + updates) / (10 + updates))


def moving_average(module: nn.Module, decay: float) -> AveragedModel:
    """Return the moving average of a module's parameters and batch statistics.

    The first `update_parameters(module)` copies them, every later one n keeps `warmed_up_decay(decay, n)` of what was;
    counters of batches are copied.
    """

    @torch.no_grad()
    def average(kept: Sequence[Tensor], new: Sequence[Tensor], updates: Tensor | int) -> None:
        share = 1.0 - warmed_up_decay(decay, int(updates))
        for old, current in zip(kept, new, strict=True):
            if old.is_floating_point():
                old.lerp_(current, share)
            else:
                old.copy_(current)

    return AveragedModel(module, multi_avg_fn=average, use_buffers=True)
