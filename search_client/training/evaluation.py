"""What the derived network is worth: fine-tuned from the supernet's weights, then judged on unseen images."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from latency_service.contract.errors import InvalidInput
from search_client.compute import Compute
from search_client.data.batches import Batch, BatchLoader, evaluation_batches
from search_client.data.dataset import ImageSet, LabelledImages
from search_client.training.config import SearchConfig
from search_client.training.schedule import cosine_lr, set_lr

RECALIBRATION_BATCHES = 50
EVALUATION_BATCH_SIZE = 256


def make_criterion(config: SearchConfig) -> nn.CrossEntropyLoss:
    """Return the cross entropy that weights learn from."""
    return nn.CrossEntropyLoss(label_smoothing=config.label_smoothing)


def make_alpha_criterion(config: SearchConfig) -> nn.CrossEntropyLoss:
    """Return the cross entropy that the architecture learns from."""
    return nn.CrossEntropyLoss(label_smoothing=0.0 if config.plain_alpha_batches else config.label_smoothing)


def make_weight_optimizer(params: Iterable[nn.Parameter], config: SearchConfig) -> torch.optim.SGD:
    """Return Nesterov SGD; `set_lr` gives it its learning rate before every step."""
    return torch.optim.SGD(
        params, lr=config.weight_lr, momentum=config.momentum, nesterov=True, weight_decay=config.weight_decay
    )


def weight_step(
    module: nn.Module,
    batch: Batch,
    criterion: nn.Module,
    optimizer: torch.optim.Optimizer,
    compute: Compute,
    max_gradient_norm: float | None = None,
) -> tuple[float, float]:
    """Take one step on the weights, and return loss and accuracy on all ranks' batches before it.

    Args:
        module: In training mode, on the compute's device.
        batch: This rank's share; labels may be probabilities, shape (N, num_classes): the likeliest counts as right.
        criterion: (logits (N, num_classes), labels) -> mean loss, scalar.
        optimizer: Of the weights.
        compute: Where, how precisely, and in how many parts.
        max_gradient_norm: As for `Compute.step`.
    """
    seen: list[Tensor] = []
    for images, labels in compute.parts(batch):
        with compute.autocast():
            logits = module(images)
            loss: Tensor = criterion(logits, labels)
        compute.backward(loss)
        classes = labels if labels.ndim == 1 else labels.argmax(1)
        seen.append(torch.stack([loss.detach(), (logits.detach().argmax(1) == classes).to(loss).mean()]))
    compute.step(optimizer, max_gradient_norm)
    mean_loss, accuracy = compute.ranks.mean(torch.stack(seen).mean(0)).tolist()
    return mean_loss, accuracy


def fine_tune(
    module: nn.Module,
    batches: BatchLoader,
    steps: int,
    config: SearchConfig,
    on_step: Callable[[float, float, float], None],
    compute: Compute | None = None,
) -> None:
    """Train the derived network from the weights that it has, then recalibrate its batch statistics.

    Args:
        module: The network, on the compute's device; changed in place.
        batches: Of images that the search used.
        steps: How many.
        config: Learning rate and the optimiser's other settings.
        on_step: Called after each step with learning rate, loss and the batch's accuracy.
        compute: Where, how precisely, and in how many parts; None: on the CPU, in one.
    """
    compute = compute or Compute()
    criterion, optimizer = make_criterion(config), make_weight_optimizer(module.parameters(), config)
    module.train()
    for step in range(steps):
        lr = cosine_lr(config.fine_tune_lr, step, steps)
        set_lr(optimizer, lr)
        loss, accuracy = weight_step(module, batches.next_batch(), criterion, optimizer, compute)
        on_step(lr, loss, accuracy)
    recalibrate(module, (compute.on_device(batches.next_batch()) for _ in range(RECALIBRATION_BATCHES)))


@torch.no_grad()
def recalibrate(module: nn.Module, batches: Iterable[Batch]) -> None:
    """Replace the batch statistics by their plain mean over some batches.

    The supernet's were gathered behind ever other neighbours, and a running mean forgets all but the last batches.
    """
    layers = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    module.train()
    for images, _ in batches:
        module(images)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


@torch.no_grad()
def accuracy_on(
    module: nn.Module, images: LabelledImages, image_set: ImageSet, compute: Compute | None = None
) -> float:
    """Return the share of the images that the network classifies rightly, 0 to 1; no augmentation, running statistics.

    On the validation split this is an honest estimate for further images of the same kind: neither weights, alphas nor
    batch statistics have seen it. The data set's test images are left for those who compare finished networks.

    Raises:
        InvalidInput: None of the images can be read.
    """
    module.eval()
    on_device = (compute or Compute()).on_device
    right = seen = 0
    for pixels, labels in map(on_device, evaluation_batches(images, image_set, EVALUATION_BATCH_SIZE)):
        right += int((module(pixels).argmax(1) == labels).sum())
        seen += len(labels)
    if not seen:
        raise InvalidInput(f"none of {len(images)} images of {image_set.name} can be read: there is nothing to score")
    return right / seen
