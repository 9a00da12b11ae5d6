"""Recorder: the curves of a search, as JSON lines and for TensorBoard."""

from types import TracebackType
from typing import Self

from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from search_client.strategies.base import ArchStep
from search_client.training.history import History
from search_client.training.progress import Phase
from search_client.training.run_folder import RunFolder

_DECIMALS = 6


class Recorder:
    """Takes what each step saw, and keeps nothing of it: what all ranks but the first have; a context manager."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""

    def weight_step(self, step: int, phase: Phase, lr: float, loss: float, accuracy: float) -> None:
        """Record a weight step."""

    def arch_step(self, step: int, seen: ArchStep, entropy: float, path_probs: list[Tensor]) -> None:
        """Record the architecture step that followed a weight step."""

    def flush(self) -> None:
        """Hand everything to the operating system."""


class FolderRecorder(Recorder):
    """Writes what each step saw; a context manager that closes its files.

    Args:
        folder: The run's.
        after_step: The step that a resumed search goes on from; records of later steps are dropped.
    """

    def __init__(self, folder: RunFolder, after_step: int) -> None:
        self._history = History(folder.history, after_step)
        self._alphas = History(folder.alphas, after_step)
        self._board = SummaryWriter(str(folder.tensorboard), purge_step=after_step + 1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._history.__exit__(kind, error, trace)
        self._alphas.__exit__(kind, error, trace)
        self._board.close()

    def weight_step(self, step: int, phase: Phase, lr: float, loss: float, accuracy: float) -> None:
        """Record a weight step."""
        self._history.append(step, phase=phase, lr=lr, loss=loss, accuracy=accuracy)
        self._draw(step, {"weights/lr": lr, "weights/loss": loss, "weights/accuracy": accuracy})

    def arch_step(self, step: int, seen: ArchStep, entropy: float, path_probs: list[Tensor]) -> None:
        """Record the architecture step that followed a weight step."""
        values = {
            "ce": seen.ce,
            "loss": seen.loss,
            "entropy": entropy,
        }
        costs = {"expected": seen.expected, "derived": seen.derived}
        rounded = [[round(prob, _DECIMALS) for prob in probs.tolist()] for probs in path_probs]
        self._alphas.append(step, **values, **costs, path_probs=rounded)
        curves = {f"{name}/{index}": value for name, of_terms in costs.items() for index, value in enumerate(of_terms)}
        self._draw(step, {f"alphas/{name}": value for name, value in (values | curves).items()})

    def flush(self) -> None:
        """Hand everything to the operating system."""
        self._history.flush()
        self._alphas.flush()
        self._board.flush()

    def _draw(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            self._board.add_scalar(name, value, step)
