"""SuperNet: the over-parameterised network of a search space; one path of it runs at a time."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from search_client.modules.blocks import build_op
from search_client.modules.initialise import initialise
from search_client.modules.mixed_op import MixedOp
from search_client.spaces.space import Block, SearchSpace

ALPHA_STD = 1e-3

Path = tuple[int, ...]


class SuperNet(nn.Module):
    """Stem, a MixedOp a block, head. (N, 3, resolution, resolution) -> logits (N, num_classes).

    Args:
        space: What is searched.
        generator: A generator of the CPU; weights are drawn as `initialise` says, alpha from N(0, 1e-3).
        make_mixed_op: What a block is made with; a strategy hands in its own.
    """

    def __init__(
        self,
        space: SearchSpace,
        generator: torch.Generator,
        make_mixed_op: Callable[[Block], MixedOp] = MixedOp,
    ) -> None:
        super().__init__()
        self.space = space
        self.stem = nn.Sequential(*map(build_op, space.stem))
        self.blocks = nn.Sequential(*map(make_mixed_op, space.blocks))
        self.head = nn.Sequential(*map(build_op, space.head))
        initialise(self, generator)
        for mixed_op in self.mixed_ops:
            nn.init.normal_(mixed_op.alpha, std=ALPHA_STD, generator=generator)

    @property
    def mixed_ops(self) -> tuple[MixedOp, ...]:
        """The blocks, in order."""
        return tuple(block for block in self.blocks if isinstance(block, MixedOp))

    @property
    def path(self) -> Path:
        """The index of each block's active op."""
        return tuple(mixed_op.active for mixed_op in self.mixed_ops)

    def weight_params(self) -> Iterator[nn.Parameter]:
        """Yield what is trained on the training split: every parameter that is no alpha."""
        arch_params = set(self.arch_params())
        return (param for param in self.parameters() if param not in arch_params)

    def arch_params(self) -> Iterator[nn.Parameter]:
        """Yield each block's alpha, in order."""
        return (mixed_op.alpha for mixed_op in self.mixed_ops)

    def path_probs(self) -> list[Tensor]:
        """Return each block's path probabilities, shape (num_candidates,), differentiable."""
        return [mixed_op.path_probs() for mixed_op in self.mixed_ops]

    def most_probable_path(self) -> Path:
        """Return the index of each block's largest alpha."""
        return tuple(int(alpha.argmax()) for alpha in self.arch_params())

    def set_path(self, choices: Sequence[int]) -> None:
        """Make one candidate a block active.

        Raises:
            InvalidInput: The space has no such network.
        """
        self.space.chosen(choices)
        for mixed_op, choice in zip(self.mixed_ops, choices, strict=True):
            mixed_op.active = choice

    def sample_path(self, generator: torch.Generator) -> None:
        """Draw each block's active op by its path probabilities."""
        for mixed_op in self.mixed_ops:
            mixed_op.sample(generator)

    def sample_uniform_path(self, generator: torch.Generator) -> None:
        """Draw each block's active op, every candidate alike: for the warm-up."""
        for mixed_op in self.mixed_ops:
            mixed_op.sample_uniform(generator)

    def forward(self, images: Tensor) -> Tensor:
        """Run the active path on images, shape (N, 3, resolution, resolution)."""
        logits: Tensor = self.head(self.blocks(self.stem(images)))
        return logits
