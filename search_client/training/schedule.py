"""The learning rate as a function of the step, so that there is no scheduler whose state could be lost."""

import math

import torch


def cosine_lr(peak: float, step: int, total_steps: int) -> float:
    """Return the learning rate of step 0 to total_steps - 1: from `peak` down to nearly 0.

    Source: SGDR, arXiv:1608.03983, equation 5, without restarts.
    """
    return peak * 0.5 * (1.0 + math.cos(math.pi * step / total_steps))


def set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give every parameter group this learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = lr
