"""Compute: where and how precisely tensors are worked on, by how many processes."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch
from torch import Tensor

Amp = Literal["off", "bf16", "fp16"]

_DTYPES: dict[Amp, torch.dtype] = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Compute:
    """One process's device and precision.

    Args:
        device: Where modules and batches are.
        amp: Automatic mixed precision; fp16 scales the loss so that small gradients survive.
    """

    def __init__(self, device: torch.device | str = "cpu", amp: Amp = "off") -> None:
        self.device = torch.device(device)
        self.amp = amp
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=amp == "fp16")

    def autocast(self) -> AbstractContextManager[object]:
        """Return a context in which forward passes run in the chosen precision."""
        if self.amp == "off":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=_DTYPES[self.amp])

    def gradients(self, loss: Tensor, params: list[Tensor]) -> tuple[Tensor, ...]:
        """Return dloss/dparams, unscaled; asking for some parameters' gradients alone spares those of the others."""
        return torch.autograd.grad(loss, params)
