"""Resumable: many independent computations, over several processes, each of whose results is kept on disk.

A run that was stopped goes on with what is lacking. Results are kept under a name made of everything they depend on, so
that none is ever taken for another's.
"""

import hashlib
import json
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from search_client.training.atomic_file import write_atomically

#: A computation and what it is called with; both can be pickled, and the arguments told as JSON.
Work = tuple[Callable[..., Any], tuple[Any, ...]]


def results(
    work: Mapping[str, Work], folder: Path, depends_on: Any, processes: int, console: Console
) -> dict[str, Any]:
    """Return what each computation came to, by its name: JSON values.

    Args:
        work: By name, which becomes a file's.
        folder: Where results are kept.
        depends_on: All that results depend on beside the work's arguments, as JSON values.
        processes: How many work at once, with one thread each.
        console: Gets a progress bar.
    """
    files = {name: folder / f"{name}-{_digest(depends_on, of[1])}.json" for name, of in work.items()}
    lacking = {name: of for name, of in work.items() if not files[name].exists()}
    folder.mkdir(parents=True, exist_ok=True)
    with _bar(console, folder.name, len(work), len(work) - len(lacking)) as advance:
        for name, result in _computed(lacking, processes):
            write_atomically(files[name], json.dumps(result).encode())
            advance()
    return {name: json.loads(files[name].read_text()) for name in work}


def _computed(work: Mapping[str, Work], processes: int) -> Iterator[tuple[str, Any]]:
    if not work:
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _prepare_worker)
    try:
        names = {pool.submit(function, *arguments): name for name, (function, arguments) in work.items()}
        for future in as_completed(names):
            yield names[future], future.result()
    except BaseException:  # a failure, or Ctrl-C: nobody waits for what the others compute
        for child in active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to all; who started us ends us
    torch.set_num_threads(1)


@contextmanager
def _bar(console: Console, title: str, total: int, done: int) -> Iterator[Callable[[], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(title, total=total, completed=done)
        yield lambda: progress.advance(task)


def _digest(depends_on: Any, arguments: tuple[Any, ...]) -> str:
    text = json.dumps([depends_on, arguments], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
