"""`make demo`: measure this machine, search two networks for it, and hold the promises against measurements."""

import signal
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from demo.processes import CommandFailed
from demo.story import Budget, Found, Settings, report, tell
from demo.summary import print_table, write_result


def main(
    run: Annotated[Path, typer.Option(help="Folder of the table, the searches and the report.")] = Path("demo-run"),
    budget: Annotated[
        Budget, typer.Option(help="`tiny` walks the path in a minute; its networks mean little.")
    ] = Budget.FULL,
    data_set: Annotated[str, typer.Option(help="auto, cifar10 or digits.")] = "auto",
) -> None:
    """Measure this machine, search a tight and a loose network for it, measure both whole, and report."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(stderr=True)
    started = time.monotonic()
    try:
        _run(Settings(run, budget, data_set), console, started)
    except KeyboardInterrupt:
        console.print("\nStopped, and all that was started with it. The same command goes on from here.")
        raise typer.Exit(130) from None
    except CommandFailed as failure:
        console.print(f"{failure}; what the service and the agent had to say is in {run / 'logs'}", style="red")
        raise typer.Exit(1) from None


def _run(settings: Settings, console: Console, started: float) -> None:
    found: Found = tell(settings, console)
    page = report(settings)
    path = settings.run / "result.json"
    result = write_result(path, found, seconds=time.monotonic() - started)
    print_table(result, Console())
    console.print(f"Report: {page}   Result: {path}")


if __name__ == "__main__":
    typer.run(main)
