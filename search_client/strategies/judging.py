"""Judging: what sampled networks are worth on a batch, with the weights that they share."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from search_client.compute import Compute
from search_client.latency.objective import CeLoss
from search_client.modules.batch_norm import frozen_statistics
from search_client.modules.super_net import Path, SuperNet


@dataclass(frozen=True)
class Judgement:
    """What one network did on a batch.

    Attributes:
        ce: Cross entropy.
        accuracy: Share of the images that were classified rightly, 0 to 1.
    """

    ce: float
    accuracy: float


@torch.no_grad()
def judge(
    supernet: SuperNet, paths: Sequence[Path], images: Tensor, labels: Tensor, ce_loss: CeLoss, compute: Compute
) -> list[Judgement]:
    """Run networks on one batch, forward only, and return what each did: over all ranks' parts of the batch.

    Args:
        supernet: In training mode: batches are normalised by themselves, and no statistics are recorded.
        paths: The choices of each network; the last one stays active.
        images: This rank's, shape (N, 3, resolution, resolution).
        labels: Shape (N,), class indices.
        ce_loss: (logits (N, num_classes), labels (N,)) -> scalar.
        compute: How precisely, and by how many ranks.
    """
    seen: list[Tensor] = []
    with frozen_statistics(supernet):
        for path in paths:
            supernet.set_path(path)
            parts = [_seen(supernet, *part, ce_loss, compute) for part in compute.parts((images, labels))]
            seen.append(torch.stack(parts).mean(0))
    return [Judgement(ce, accuracy) for ce, accuracy in compute.ranks.mean(torch.stack(seen)).tolist()]


def _seen(supernet: SuperNet, images: Tensor, labels: Tensor, ce_loss: CeLoss, compute: Compute) -> Tensor:
    """Return cross entropy and accuracy of the active path, shape (2,)."""
    with compute.autocast():  # one a path: autocast keeps the weights that it has cast until its end
        logits = supernet(images)
        ce = ce_loss(logits, labels)
    return torch.stack([ce.double(), (logits.argmax(1) == labels).double().mean()])
