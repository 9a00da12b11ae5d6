"""How far a retraining is, shown on stderr: epoch, time left, loss and accuracies."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from search_client.commands.console import stderr
from search_client.retraining.progress import RetrainProgress


@contextmanager
def retrain_bar(is_shown: bool) -> Iterator[Callable[[RetrainProgress], None]]:
    """Show a bar for as long as a retraining runs. Yields what to call after each step.

    Args:
        is_shown: One process alone speaks to a person; of the others, none is shown.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=8),
        TaskProgressColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns, console=stderr(), disable=not is_shown) as progress:
        task = progress.add_task("starting", total=None, figures="")

        def show(now: RetrainProgress) -> None:
            figures = f"loss {now.loss:.2f}  batch {now.accuracy:.1%}"
            if now.validation_accuracy is not None:
                figures += f"  validation {now.validation_accuracy:.1%}"
            description = f"epoch {now.epoch}/{now.epochs}"
            progress.update(task, description=description, completed=now.step, total=now.total_steps, figures=figures)

        yield show
