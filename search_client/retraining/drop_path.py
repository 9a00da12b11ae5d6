"""ScheduledDropPath: the branch beside a skip is left out for some images, and for more of them as training goes on.

Source: Zoph et al., arXiv:1707.07012, section 3: "each path in the cell is dropped out with a probability that is
linearly increased over the course of training"; a kept branch is divided by the probability that it is kept, as in
FractalNet, arXiv:1605.07648, and the released code. Departure: the released code also drops fewer branches in the
network's first layers, of which the paper does not speak.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from search_client.modules.blocks import SkippableModule


class DropPath(nn.Module):
    """Zeroes a branch's output image by image, and enlarges what it keeps: the expectation stays the same.

    It has neither weights nor buffers, so the network's state is named as without it. Off in evaluation mode.

    Args:
        generator: Of the draws; one of the CPU's.

    Attributes:
        rate: Probability of being dropped, 0 to below 1.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self.rate = 0.0
        self._generator = generator

    def forward(self, y: Tensor) -> Tensor:
        """Drop images of y, shape (N, C, H, W)."""
        if not self.training or self.rate == 0.0:
            return y
        keep = 1.0 - self.rate
        kept = torch.rand(len(y), generator=self._generator) < keep
        scale = (kept / keep).to(y.device, y.dtype, non_blocking=True)
        return y * scale.view(-1, 1, 1, 1)


def insert_drop_path(module: nn.Module, generator: torch.Generator) -> tuple[DropPath, ...]:
    """Put a DropPath behind the branch of every block that has a skip, and return them in order."""
    skipped = [block for block in module.modules() if isinstance(block, SkippableModule) and block.has_skip]
    inserted = tuple(DropPath(generator) for _ in skipped)
    for block, drop_path in zip(skipped, inserted, strict=True):
        block.layers.append(drop_path)
    return inserted


def set_rate(drop_paths: Sequence[DropPath], last_rate: float, step: int, total_steps: int) -> None:
    """Give all of them the rate of a step: 0 at first, and growing in a straight line towards `last_rate`."""
    for drop_path in drop_paths:
        drop_path.rate = last_rate * step / total_steps
