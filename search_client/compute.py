"""Compute: where and how precisely tensors are worked on, in how many parts and by how many processes."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, Protocol, TypeVar

import torch
from torch import Tensor, nn

from latency_service.contract.errors import InvalidInput
from search_client.distributed import ALONE, Ranks

Module = TypeVar("Module", bound=nn.Module)

Processor = Literal["auto", "cpu", "cuda"]
Amp = Literal["off", "bf16", "fp16"]

_DTYPES: dict[Amp, torch.dtype] = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Compute:
    """How one process works on its share of each batch. CPU and CUDA take the same way through it.

    Args:
        device: Where modules and batches are.
        amp: Automatic mixed precision; fp16 scales the loss so that small gradients survive, and a step whose scaled
            gradients overflow is skipped.
        channels_last: Whether channels come last in memory: depthwise convolutions train twice as fast so on a CPU,
            and half precision on a GPU wants it.
        accumulate: Parts into which a batch is cut; they run one after another and make one step.
        ranks: The processes that share each batch.

    Attributes:
        skipped_steps: Steps that were left out because a gradient was infinite or not a number.
    """

    def __init__(
        self,
        device: torch.device | str = "cpu",
        amp: Amp = "off",
        channels_last: bool = True,
        accumulate: int = 1,
        ranks: Ranks = ALONE,
    ) -> None:
        self.device = torch.device(device)
        self.amp = amp
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.accumulate = accumulate
        self.ranks = ranks
        self.skipped_steps = 0
        self._scaler = torch.amp.GradScaler(self.device.type, enabled=amp == "fp16")

    def place(self, module: Module) -> Module:
        """Bring a module to the device, its weights laid out as this asks; returns it."""
        module.to(self.device)
        module.to(memory_format=self.memory_format)  # type: ignore[call-overload]
        return module

    def on_device(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Bring images (N, C, H, W) and labels (N,) to the device."""
        images, labels = batch
        images = images.to(self.device, memory_format=self.memory_format, non_blocking=True)
        return images, labels.to(self.device, non_blocking=True)

    def require_even_parts(self, batch_size: int) -> None:
        """Return only where batches of all ranks together can be cut into equal parts.

        Raises:
            InvalidInput: They cannot.
        """
        if batch_size % (self.ranks.world_size * self.accumulate):
            raise InvalidInput(
                f"a batch of {batch_size} cannot be shared out among {self.ranks.world_size} processes in "
                f"{self.accumulate} parts each: make batch_size a multiple of both"
            )

    def parts(self, batch: tuple[Tensor, Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the batch's `accumulate` parts, equal in size, each on the device only when its turn comes."""
        images, labels = batch
        size = len(labels) // self.accumulate
        return map(self.on_device, zip(torch.split(images, size), torch.split(labels, size), strict=True))

    def autocast(self) -> AbstractContextManager[object]:
        """Return a context in which forward passes run in the chosen precision."""
        if self.amp == "off":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=_DTYPES[self.amp])

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of one part's mean loss to the parameters; `step` takes them all together."""
        self._scaler.scale(loss / self.accumulate).backward()  # type: ignore[no-untyped-call]

    def descend(
        self, losses: Iterable[Tensor], params: Sequence[nn.Parameter], optimizer: torch.optim.Optimizer
    ) -> bool:
        """Take one step down the sum of some losses with these parameters alone, sparing the others' gradients.

        Args:
            losses: At least one; each is asked for only when the one before has given its gradients.
            params: Every loss must depend on each of them.
            optimizer: Of these parameters.

        Returns:
            As `step`.
        """
        for loss in losses:
            gradients = torch.autograd.grad(self._scaler.scale(loss), params)
            for param, gradient in zip(params, gradients, strict=True):
                param.grad = gradient if param.grad is None else param.grad + gradient
        return self.step(optimizer)

    def step(self, optimizer: torch.optim.Optimizer, max_gradient_norm: float | None = None) -> bool:
        """Let the optimiser step along the mean of all ranks' gradients, and clear them.

        Parameters without a gradient - those of candidates that did not run - are neither sent nor touched: no
        momentum, no decay.

        Args:
            optimizer: Of the parameters.
            max_gradient_norm: Longer gradients, all parameters' together, are shortened to it; None for none.

        Returns:
            False where the step was skipped.
        """
        params = [param for group in optimizer.param_groups for param in group["params"]]
        # Before they are unscaled: an overflow on one rank must make all skip the step.
        self.ranks.average([param.grad for param in params if param.grad is not None])
        scale = self._scaler.get_scale()
        if max_gradient_norm is not None:
            self._scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(params, max_gradient_norm)
        self._scaler.step(optimizer)
        self._scaler.update()
        optimizer.zero_grad()
        was_skipped = self._scaler.get_scale() < scale
        self.skipped_steps += was_skipped
        return not was_skipped

    def state_dict(self) -> dict[str, Any]:
        """Return the scale of the loss and how many steps were skipped."""
        return {"skipped_steps": self.skipped_steps, "scaler": self._scaler.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.skipped_steps = state["skipped_steps"]
        if self._scaler.is_enabled():
            self._scaler.load_state_dict(state["scaler"])


def pick_device(processor: Processor, local_rank: int = 0) -> torch.device:
    """Return where a process trains; `auto` takes its GPU where there is one.

    Args:
        processor: What was asked for.
        local_rank: Which of the host's processes it is.

    Raises:
        InvalidInput: CUDA is asked for, and there is no GPU for this process.
    """
    gpus = torch.cuda.device_count()
    if processor == "cpu" or (processor == "auto" and gpus == 0):
        return torch.device("cpu")
    if local_rank >= gpus:
        raise InvalidInput(
            f"process {local_rank} of this host has no GPU of its own: torch sees {gpus}; start fewer, or train on cpu"
        )
    return torch.device("cuda", local_rank)


class _Settings(Protocol):
    """What the configs of searches and retrainings say of how they are computed."""

    @property
    def train_on(self) -> Processor: ...

    @property
    def amp(self) -> Amp: ...

    @property
    def channels_last(self) -> bool: ...

    @property
    def accumulate(self) -> int: ...

    @property
    def batch_size(self) -> int: ...


def make_compute(settings: _Settings, ranks: Ranks) -> Compute:
    """Return how this process computes.

    Raises:
        InvalidInput: It has not the processor that is asked for, or batches cannot be shared out equally.
    """
    device = pick_device(settings.train_on, ranks.local_rank)
    compute = Compute(device, settings.amp, settings.channels_last, settings.accumulate, ranks)
    compute.require_even_parts(settings.batch_size)
    return compute
