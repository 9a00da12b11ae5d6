"""What one of two ranks computes, printed as JSON: run as a program by test_distributed."""

import json
import sys

import torch
from torch import nn

from latency_service.contract.errors import InvalidInput
from search_client.compute import Compute
from search_client.distributed import FirstRankFailed, Ranks, joined_ranks
from search_client.modules.synced_batch_norm import synchronise


def small_network() -> nn.Sequential:
    """Return a network with two batch normalisations, alike on every rank."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.Flatten()]
    return nn.Sequential(*layers).double()


def global_batch() -> torch.Tensor:
    """Return the images of all ranks together, shape (8, 3, 6, 6)."""
    return torch.randn(8, 3, 6, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def gradients_and_statistics(network: nn.Sequential, images: torch.Tensor) -> list[float]:
    """Return the gradients of an uneven loss, and the batch statistics that come of it."""
    loss = (network(images) ** 3).mean()
    gradients = [gradient for gradient in torch.autograd.grad(loss, list(network.parameters()))]
    return torch.cat([tensor.flatten().double() for tensor in (*gradients, *network.buffers())]).tolist()


def of_rank(ranks: Ranks) -> dict[str, object]:
    """Return this rank's facts."""
    network = small_network()
    synchronise(network, ranks)
    loss = (network(global_batch()[ranks.rank :: ranks.world_size]) ** 3).mean()
    params = list(network.parameters())
    gradients = list(torch.autograd.grad(loss, params))
    ranks.average(gradients)
    everything = torch.cat([tensor.flatten().double() for tensor in (*gradients, *network.buffers())])
    return {
        "gradients": everything.tolist(),
        "any": [ranks.any(ranks.rank == 1), ranks.any(False)],
        "skipped": _overflow_on_one_rank(ranks),
        "order": ranks.first_then_others(lambda: "first", lambda: "other"),
        "failure": _failure(ranks),
    }


def _overflow_on_one_rank(ranks: Ranks) -> tuple[int, float]:
    compute, weight = Compute(amp="fp16", ranks=ranks), nn.Parameter(torch.ones(1))
    compute.backward((weight * (1e38 if ranks.rank == 1 else 1.0)).sum())
    compute.step(torch.optim.SGD([weight], lr=0.1))
    return compute.skipped_steps, weight.item()


def _failure(ranks: Ranks) -> str:
    def fail() -> str:
        raise InvalidInput("no")

    try:
        return ranks.first_then_others(fail, lambda: "went on")
    except (InvalidInput, FirstRankFailed) as error:
        return error.code


if __name__ == "__main__":
    torch.set_num_threads(1)
    with joined_ranks() as joined:
        json.dump(of_rank(joined), sys.stdout)
