"""The curves of a retraining, as JSON lines and for TensorBoard."""

from types import TracebackType
from typing import Self

from torch.utils.tensorboard import SummaryWriter

from search_client.retraining.folder import RetrainFolder
from search_client.training.history import History


class RetrainRecorder:
    """Takes what each step saw, and keeps nothing of it: what all ranks but the first have; a context manager."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""

    def record(self, step: int, **values: float) -> None:
        """Record what a step, or the epoch that it ends, came to."""

    def flush(self) -> None:
        """Hand everything to the operating system."""


class RetrainFolderRecorder(RetrainRecorder):
    """Writes what each step saw.

    Args:
        folder: The run's.
        after_step: The step that a resumed run goes on from; records of later steps are dropped.
    """

    def __init__(self, folder: RetrainFolder, after_step: int) -> None:
        self._history = History(folder.history, after_step)
        self._board = SummaryWriter(str(folder.tensorboard), purge_step=after_step + 1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._history.__exit__(kind, error, trace)
        self._board.close()

    def record(self, step: int, **values: float) -> None:
        """Record what a step, or the epoch that it ends, came to."""
        self._history.append(step, **values)
        for name, value in values.items():
            self._board.add_scalar(f"retrain/{name}", value, step)

    def flush(self) -> None:
        """Hand everything to the operating system."""
        self._history.flush()
        self._board.flush()
