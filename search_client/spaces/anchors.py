"""Anchors: the networks of a space that are measured whole, for a table's correction to be fitted to."""

from collections.abc import Collection, Sequence
from random import Random

from latency_service.contract.network import NetworkSpec
from latency_service.contract.ops import OpSpec
from search_client.spaces.space import SearchSpace

#: Networks drawn for each that is taken.
_DRAWN = 64
#: After so many networks in a row that were taken before, a space counts as used up.
_IN_VAIN = 20


def choose_anchors(space: SearchSpace, count: int, seed: int) -> tuple[NetworkSpec, ...]:
    """Return different networks in which the ops of a space occur as early as can be.

    They are Latin hypercube samples: of as many networks behind each other as a block has candidates, each has another
    one of them, Zero included. So anchors are spread as networks drawn at random are, and none of the ops is left to
    chance. Of several such networks the one is taken that has most ops of kinds, and then most ops, not seen before.
    The first anchors of a seed are the same, however many are asked for.

    Args:
        space: Where they come from.
        count: How many; fewer are returned only where hardly any others are left in the space.
        seed: The same one gives the same networks.

    Source: McKay, Beckman, Conover, "A comparison of three methods for selecting values of input variables in the
        analysis of output from a computer code", Technometrics 21(2), 1979, section 2.1.
    """
    rng = Random(seed)
    unused: list[list[int]] = [[] for _ in space.blocks]
    anchors: dict[NetworkSpec, None] = {}
    in_vain = 0
    while len(anchors) < count and in_vain < _IN_VAIN:
        network = _next(space, unused, anchors, rng)
        in_vain = in_vain + 1 if network in anchors else 0
        anchors[network] = None
    return tuple(anchors)


def _next(
    space: SearchSpace, unused: Sequence[list[int]], anchors: Collection[NetworkSpec], rng: Random
) -> NetworkSpec:
    """Return the network that adds most, and strike its choices off those that each block has not used yet."""
    for choices, block in zip(unused, space.blocks, strict=True):
        if not choices:
            choices.extend(range(len(block.candidates)))
    seen = {op for network in anchors for op in network.ops}
    drawn = [[rng.choice(choices) for choices in unused] for _ in range(_DRAWN)]
    best = max(drawn, key=lambda path: _novelty(space.network(path), anchors, seen))
    for choices, choice in zip(unused, best, strict=True):
        choices.remove(choice)
    return space.network(best)


def _novelty(network: NetworkSpec, anchors: Collection[NetworkSpec], seen: set[OpSpec]) -> tuple[bool, int, int]:
    kinds = {op.kind for op in network.ops} - {op.kind for op in seen}
    return network not in anchors, len(kinds), len(set(network.ops) - seen)
