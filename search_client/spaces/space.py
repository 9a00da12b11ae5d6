"""SearchSpace: every network that a search may end with, as data."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from latency_service.contract.errors import InvalidInput
from latency_service.contract.network import NetworkSpec
from latency_service.contract.ops import OpSpec, Shape, Zero

SpaceParam = int | float | tuple[int, ...]


@dataclass(frozen=True)
class Block:
    """A place in the network at which one of several candidate ops is chosen.

    Raises:
        InvalidInput: There are fewer than two candidates, two are equal, or they do not fit the same place.
    """

    candidates: tuple[OpSpec, ...]

    def __post_init__(self) -> None:
        if len(set(self.candidates)) < max(2, len(self.candidates)):
            raise InvalidInput(
                "a block needs at least two candidates, all different; a fixed op belongs in stem or head"
            )
        shapes = {(op.input_shape, op.output_shape) for op in self.candidates}
        if len(shapes) > 1:
            raise InvalidInput(f"a block's candidates must agree in input and output shape, and have {sorted(shapes)}")

    @property
    def output_shape(self) -> Shape:
        """What every candidate gives."""
        return self.candidates[0].output_shape


@dataclass(frozen=True)
class SearchSpace:
    """Fixed ops before and behind a row of blocks.

    Attributes:
        params: What `make_space(name, **params)` needs to build this very space again.
        resolution: Height and width of the input image, pixels.
    """

    name: str
    params: Mapping[str, SpaceParam] = field(hash=False)
    resolution: int
    num_classes: int
    stem: tuple[OpSpec, ...]
    blocks: tuple[Block, ...]
    head: tuple[OpSpec, ...]

    @property
    def size(self) -> int:
        """Number of architectures."""
        return math.prod(len(block.candidates) for block in self.blocks)

    def ops(self) -> tuple[OpSpec, ...]:
        """Return the distinct ops that a network of this space can need, without Zero: what a profile asks for."""
        return tuple(dict.fromkeys(self.ops_by_place()))

    def ops_by_place(self) -> tuple[OpSpec, ...]:
        """Return the ops of one place after the other, without Zero: one that can stand in two places comes twice."""
        places = chain(self.stem, *(block.candidates for block in self.blocks), self.head)
        return tuple(op for op in places if not isinstance(op, Zero))

    def chosen(self, choices: Sequence[int]) -> tuple[OpSpec, ...]:
        """Return the candidate that is chosen in each block, Zero included.

        Args:
            choices: For each block the index of one of its candidates.

        Raises:
            InvalidInput: There is not exactly one choice a block, or a block has no such candidate.
        """
        if len(choices) != len(self.blocks):
            raise InvalidInput(f"space {self.name!r} has {len(self.blocks)} blocks, and got {len(choices)} choices")
        for index, (block, choice) in enumerate(zip(self.blocks, choices, strict=True)):
            if not 0 <= choice < len(block.candidates):
                raise InvalidInput(f"block {index} has candidates 0 to {len(block.candidates) - 1}, and got {choice}")
        return tuple(block.candidates[choice] for block, choice in zip(self.blocks, choices, strict=True))

    def network(self, choices: Sequence[int]) -> NetworkSpec:
        """Return the network that these choices make; a block for which Zero is chosen is left out.

        Raises:
            InvalidInput: There is not exactly one choice a block, or a block has no such candidate.
        """
        kept = (op for op in self.chosen(choices) if not isinstance(op, Zero))
        return NetworkSpec(ops=(*self.stem, *kept, *self.head))
