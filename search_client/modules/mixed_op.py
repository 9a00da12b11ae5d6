"""MixedOp: one block of the supernet, which holds every candidate op and runs one of them."""

import torch
from torch import Tensor, nn

from search_client.modules.blocks import build_op
from search_client.spaces.space import Block


class MixedOp(nn.Module):
    """Candidate ops with a logit each; `active` is the index of the one that runs.

    Candidates that are not active compute nothing, hold no activations and keep their batch statistics.

    Attributes:
        alpha: Shape (num_candidates,); the architecture parameter.
        active: Index of the candidate that runs.
        temperature: What alpha is divided by before the softmax.
    """

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.ops = nn.ModuleList(build_op(op) for op in block.candidates)
        self.alpha = nn.Parameter(torch.zeros(len(block.candidates)))
        self.active = 0
        self.temperature = 1.0

    def logits(self) -> Tensor:
        """Return alpha / temperature, shape (num_candidates,), differentiable."""
        return self.alpha / self.temperature

    def path_probs(self) -> Tensor:
        """Return softmax(logits), shape (num_candidates,), differentiable."""
        return torch.softmax(self.logits(), dim=0)

    def sample(self, generator: torch.Generator) -> None:
        """Draw the active op by the path probabilities. The generator is one of the CPU's."""
        probs = self.path_probs().detach().cpu()
        self.active = int(torch.multinomial(probs, 1, generator=generator))

    def sample_uniform(self, generator: torch.Generator) -> None:
        """Draw the active op, each candidate alike."""
        self.active = int(torch.randint(len(self.ops), (), generator=generator))

    def forward(self, x: Tensor) -> Tensor:
        """Run the active op on x, shape (N, C, H, W)."""
        y: Tensor = self.ops[self.active](x)
        return y
