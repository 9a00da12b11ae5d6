"""The derived network as a torch module: built anew, or with the weights that the supernet trained."""

from collections.abc import Sequence

import torch
from torch import nn

from latency_service.contract.network import NetworkSpec
from latency_service.contract.ops import Zero
from search_client.modules.blocks import build_op
from search_client.modules.initialise import initialise
from search_client.modules.super_net import SuperNet


def build_network(network: NetworkSpec, generator: torch.Generator) -> nn.Sequential:
    """Return the network's module, one child an op, with freshly drawn weights."""
    module = nn.Sequential(*map(build_op, network.ops))
    initialise(module, generator)
    return module


def inherit_weights(module: nn.Sequential, supernet: SuperNet, choices: Sequence[int]) -> None:
    """Copy the weights and batch statistics of one path of the supernet into the module of that path's network.

    Args:
        module: What `build_network(supernet.space.network(choices), ...)` returned.
        supernet: Where the weights come from; it is left as it is.
        choices: For each block the index of one of its candidates.

    Raises:
        InvalidInput: The space has no such network.
    """
    chosen = supernet.space.chosen(choices)
    kept = [
        mixed_op.ops[choice]
        for mixed_op, choice, op in zip(supernet.mixed_ops, choices, chosen, strict=True)
        if not isinstance(op, Zero)
    ]
    sources = [*supernet.stem, *kept, *supernet.head]
    for source, target in zip(sources, module, strict=True):
        target.load_state_dict(source.state_dict())
