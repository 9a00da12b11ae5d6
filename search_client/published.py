"""The released networks as architectures of the spaces that they come from, so that they can be trained."""

from collections.abc import Mapping
from typing import Any

from latency_service.contract.errors import InvalidInput
from latency_service.contract.named_networks import named_network
from latency_service.contract.network import NetworkSpec
from latency_service.contract.ops import Zero
from search_client.architecture import Architecture
from search_client.registry import pick
from search_client.spaces.proxyless_imagenet import MOBILE_NAME, NAME
from search_client.spaces.registry import make_space
from search_client.spaces.space import SearchSpace

#: Name of the space and what it takes beside resolution and number of classes.
_SPACES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "proxyless-gpu": (NAME, {"width_mult": 1.35}),
    "proxyless-cpu": (NAME, {"width_mult": 1.12}),
    "proxyless-mobile": (MOBILE_NAME, {}),
    "proxyless-mobile-14": (NAME, {"width_mult": 1.4, "stage_widths": (28, 40, 80, 96, 184, 320)}),
}


def published_names() -> tuple[str, ...]:
    """Return the released networks that come from a search space."""
    return tuple(_SPACES)


def published_architecture(name: str, resolution: int = 224, num_classes: int = 1000) -> Architecture:
    """Return a released network for square images of this resolution and so many classes.

    Raises:
        UnknownName: It is none of those that come from a search space; the message lists them.
    """
    space_name, params = pick(_SPACES, name, "network of a search space")
    space = make_space(space_name, resolution=resolution, num_classes=num_classes, **params)
    return Architecture.of(space, _choices(space, named_network(name, resolution, num_classes)))


def _choices(space: SearchSpace, network: NetworkSpec) -> tuple[int, ...]:
    """Return the choices that make a network; a block that has none of its ops in turn is dropped."""
    position, choices = len(space.stem), []
    for block in space.blocks:
        op = network.ops[position]
        is_kept = op in block.candidates
        choices.append(block.candidates.index(op) if is_kept else _zero(block.candidates, op))
        position += is_kept
    if space.network(choices) != network:
        raise InvalidInput(f"space {space.name!r} has no such network")
    return tuple(choices)


def _zero(candidates: tuple[Any, ...], op: Any) -> int:
    for index, candidate in enumerate(candidates):
        if isinstance(candidate, Zero):
            return index
    raise InvalidInput(f"no block has the op {op}, and the next one cannot be dropped")
