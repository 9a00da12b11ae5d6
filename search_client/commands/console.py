"""What the commands share in speaking to a person: progress on stderr, answers on stdout, errors in one line."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import stamina
import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from latency_service.contract.errors import LatencyError
from latency_service.contract.messages import ProfileStatus
from search_client.latency.wording import stated_error

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130
POLL_S = 0.5


def stderr() -> Console:
    """Return a console on stderr, whatever that is now."""
    return Console(stderr=True)


def print_json(answer: BaseModel) -> None:
    """Print an answer for programs, on stdout."""
    typer.echo(answer.model_dump_json(indent=2))


def print_facts(title: str, facts: dict[str, str]) -> None:
    """Print an answer for people, on stdout."""
    table = Table(title=title, show_header=False, title_justify="left")
    for name, value in facts.items():
        table.add_row(name, value)
    Console().print(table)


def milliseconds(value_ms: float, ci_ms: tuple[float, float]) -> str:
    """Return a measured latency with its interval, for people."""
    return f"{value_ms:.4g} ms [{ci_ms[0]:.4g}, {ci_ms[1]:.4g}]"


def predicted_milliseconds(
    value_ms: float, network_error_percent: float | None, ci_ms: tuple[float, float] | None
) -> str:
    """Return a network's predicted latency with its error, and the interval of the entries alone, for people."""
    interval = "unknown" if ci_ms is None else f"[{ci_ms[0]:.4g}, {ci_ms[1]:.4g}]"
    return f"{value_ms:.4g} ms {stated_error(network_error_percent)}; interval of the entries alone {interval}"


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn an error of ours into one message on stderr and an exit code; Ctrl-C and SIGTERM tidy up and end in 130."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    stamina.instrumentation.set_on_retry_hooks([_tell_of_retry])
    try:
        yield
    except (LatencyError, OSError) as error:
        stderr().print(Text(f"error: {error}", style="red"), soft_wrap=True)
        raise typer.Exit(EXIT_ERROR) from None
    except KeyboardInterrupt:
        stderr().print("interrupted")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell_of_retry(details: stamina.instrumentation.RetryDetails) -> None:
    stderr().print(
        Text(f"the service does not answer ({details.caused_by}); trying again", style="dim"), soft_wrap=True
    )


@contextmanager
def image_bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many images have been run, where there are any. Yields what to call with how many more have."""
    with _counting_bar(is_shown=total > 0) as progress:
        task = progress.add_task(title, total=total)
        yield lambda count: progress.advance(task, count)


@contextmanager
def profile_bar(title: str, total: int) -> Iterator[Callable[[ProfileStatus], None]]:
    """Show how far a profile is. Yields what to call with each status."""
    with _counting_bar() as progress:
        task = progress.add_task(title, total=total)

        def show(status: ProfileStatus) -> None:
            waits = status.state != "done" and not status.counts.get("leased")
            description = f"{title}: waiting for the agent of {status.device}" if waits else title
            progress.update(task, completed=round(status.progress * total), description=description)

        yield show


def _counting_bar(is_shown: bool = True) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=stderr(),
        disable=not is_shown,
    )


@contextmanager
def stop_at_signal(is_led: bool = False) -> Iterator[Callable[[], bool]]:
    """Let the first SIGINT or SIGTERM only ask to stop; a second one does its usual work. Yields whether one came.

    Args:
        is_led: Whether a launcher such as torchrun leads this process. After Ctrl-C it sends the signal that the
            terminal has sent already, so further ones do nothing; it kills by itself what does not end in time.
    """
    came = False
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal came
        came = True
        if not is_led:
            restore()

    for number in before:
        signal.signal(number, note)
    try:
        yield lambda: came
    finally:
        restore()
