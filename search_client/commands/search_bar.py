"""How far a search is, shown on stderr: phase, time left, loss, costs and entropy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from search_client.commands.console import stderr
from search_client.training.progress import SearchProgress


@contextmanager
def search_bar(is_shown: bool) -> Iterator[Callable[[SearchProgress], None]]:
    """Show a bar for as long as a search runs. Yields what to call after each step.

    Args:
        is_shown: One process alone speaks to a person; of the others, none is shown.
    """
    columns = (
        TextColumn("{task.description:<11}"),
        BarColumn(bar_width=8),
        TaskProgressColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns, console=stderr(), disable=not is_shown) as progress:
        task = progress.add_task("starting", total=None, figures="")

        def show(now: SearchProgress) -> None:
            expected, derived = (" ".join(f"{cost:.3g}" for cost in costs) for costs in (now.expected, now.derived))
            figures = f"loss {now.loss:.2f}  E {expected}  net {derived}  entropy {now.entropy:.2f}"
            progress.update(task, description=now.phase, completed=now.step, total=now.total_steps, figures=figures)

        yield show
