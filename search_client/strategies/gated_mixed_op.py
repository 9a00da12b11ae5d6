"""GatedMixedOp: a MixedOp whose logits learn from one forward pass of its active op.

The loss's slope in a gate is <dL/dy, o_j(x)>. The other drawn candidates run for this product alone: in the backward
pass, one after another, without gradient. What is held until then is x, which the active op holds anyway.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from search_client.modules.batch_norm import frozen_statistics
from search_client.modules.mixed_op import MixedOp
from search_client.spaces.space import Block
from search_client.strategies.gates import alpha_gradient, drawn_probs, rescaled, sample_pair

#: Which gates an architecture step draws: two by their probabilities, or all.
Gates = Literal["two-path", "full"]


class _BinaryGates(torch.autograd.Function):
    """sum_j g_j o_j(x) with gates (1, 0, ..., 0): forward hands o_0(x) on; backward gives the logits their gradient."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, active_output: Tensor, x: Tensor, others: Sequence[nn.Module]) -> Tensor:
        ctx.save_for_backward(logits, active_output, x)
        ctx.others = others
        ctx.autocast = _present_autocast(x.device.type)
        return active_output.view_as(active_output)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, output_gradient: Tensor) -> tuple[Tensor | None, Tensor, None, None]:
        if not ctx.needs_input_grad[0]:
            return None, output_gradient, None, None
        logits, active_output, x = ctx.saved_tensors
        slope = output_gradient.to(logits.dtype)  # in half precision the products overflow
        products = [(slope * active_output.to(slope.dtype)).sum()]
        for other in ctx.others:
            with torch.no_grad(), ctx.autocast(), frozen_statistics(other):
                products.append((slope * other(x).to(slope.dtype)).sum())
        gradient = alpha_gradient(torch.stack(products), torch.softmax(logits, dim=0))
        return gradient, output_gradient, None, None


def _present_autocast(device_type: str) -> Callable[[], AbstractContextManager[object]]:
    dtype, enabled = torch.get_autocast_dtype(device_type), torch.is_autocast_enabled(device_type)
    return partial(torch.autocast, device_type, dtype=dtype, enabled=enabled)


_gated_output: Callable[[Tensor, Tensor, Tensor, Sequence[nn.Module]], Tensor] = _BinaryGates.apply


class GatedMixedOp(MixedOp):
    """A MixedOp that, while it holds drawn gates, gives alpha its gradient.

    Args:
        block: Whose candidates it holds.
        gates: How many are drawn.

    Attributes:
        drawn: Shape (num_drawn,), the candidates whose logits learn, the active one first; None outside of
            architecture steps.
    """

    def __init__(self, block: Block, gates: Gates) -> None:
        super().__init__(block)
        self.gates = gates
        self.drawn: Tensor | None = None
        self._others: list[nn.Module] = []

    def draw_gates(self, generator: torch.Generator) -> None:
        """Draw candidates, by the path probabilities unless all are, and by their own which of them is active."""
        logits = self.logits().detach().cpu().double()
        candidates = torch.arange(len(logits))
        if self.gates == "two-path":
            candidates = sample_pair(torch.softmax(logits, dim=0), generator)
        first = int(torch.multinomial(drawn_probs(logits, candidates), 1, generator=generator))
        self.set_gates(candidates.roll(-first).tolist())

    def set_gates(self, drawn: Sequence[int]) -> None:
        """Let these candidates' logits learn, and the first of them run."""
        self.active, *others = drawn
        self.drawn = torch.tensor(drawn, device=self.alpha.device)
        self._others = [self.ops[index] for index in others]

    def drop_gates(self) -> None:
        """Go back to running the active op alone."""
        self.drawn = None
        self._others = []

    @torch.no_grad()
    def rescale(self, alpha_before: Tensor) -> None:
        """Give all candidates that were not drawn the probabilities back that they had before a step."""
        assert self.drawn is not None
        logits = rescaled(alpha_before / self.temperature, self.logits(), self.drawn)
        self.alpha[self.drawn] = logits[self.drawn] * self.temperature

    def path_probs(self) -> Tensor:
        """Return softmax(logits), or the drawn ones' own probabilities while there are some; (num_candidates,)."""
        if self.drawn is None:
            return super().path_probs()
        return torch.zeros_like(self.alpha).scatter(0, self.drawn, drawn_probs(self.logits(), self.drawn))

    def forward(self, x: Tensor) -> Tensor:
        """Run the active op on x, shape (N, C, H, W); the others that are drawn follow in the backward pass."""
        if self.drawn is None:
            return super().forward(x)
        return _gated_output(self.logits()[self.drawn], super().forward(x), x.detach(), self._others)
