"""The learning rate as a function of the step, so that there is no scheduler whose state could be lost."""

import math

import torch

from search_client.training.budget import Budget
from search_client.training.config import SearchConfig


def cosine_lr(peak: float, step: int, total_steps: int) -> float:
    """Return the learning rate of step 0 to total_steps - 1: from `peak` down to nearly 0.

    Source: SGDR, arXiv:1608.03983, equation 5, without restarts.
    """
    return peak * 0.5 * (1.0 + math.cos(math.pi * step / total_steps))


def supernet_lr(config: SearchConfig, budget: Budget, step: int) -> float:
    """Return the learning rate of a step on the supernet's weights; steps beyond the planned ones keep the last."""
    step = min(step, budget.supernet_steps - 1)
    if config.warmup_lr is None:
        return cosine_lr(config.weight_lr, step, budget.supernet_steps)
    if step < budget.warmup_steps:
        return cosine_lr(config.warmup_lr, step, budget.warmup_steps)
    return cosine_lr(config.weight_lr, step - budget.warmup_steps, budget.search_steps)


def set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give every parameter group this learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = lr
