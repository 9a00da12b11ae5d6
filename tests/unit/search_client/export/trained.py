"""Networks as if trained: weights drawn, and batch statistics that are not those of a fresh module."""

import torch
from torch import nn

from latency_service.contract.network import NetworkSpec
from search_client.modules.derived import build_network


def as_if_trained(network: NetworkSpec, seed: int = 0) -> nn.Sequential:
    """Return the network's module, its batch normalisations those of features that are neither centred nor scaled."""
    generator = torch.Generator().manual_seed(seed)
    module = build_network(network, generator)
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            _draw_statistics(norm, generator)
    return module.eval()


@torch.no_grad()
def _draw_statistics(norm: nn.BatchNorm2d, generator: torch.Generator) -> None:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.weight.uniform_(-1.5, 1.5, generator=generator)
    norm.bias.normal_(0.5, 1.0, generator=generator)
    norm.running_mean.normal_(generator=generator)
    norm.running_var.uniform_(1e-3, 3.0, generator=generator)  # down to eps: a wrong eps shows
