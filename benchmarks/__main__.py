"""`make bench`: every figure that the README claims; each command can be run alone."""

from typing import Annotated

import typer
from rich.console import Console

from benchmarks import supernet_step, time_to_table

app = typer.Typer(pretty_exceptions_enable=False, help=__doc__)

Space = Annotated[str, typer.Option(help="A search space.")]


@app.command(name="time-to-table")
def time_to_table_command(
    space: Space = "proxyless-imagenet",
    runtime: Annotated[list[str] | None, typer.Option(help="Repeatable; default: onnxruntime and tflite.")] = None,
) -> None:
    """Measure a whole space in two fresh sessions: time, verdicts, agreement."""
    time_to_table.run(space, tuple(runtime or ("onnxruntime", "tflite")), Console())


@app.command(name="supernet-step")
def supernet_step_command(space: Space = "proxyless-cifar", repeats: int = 30) -> None:
    """Time the supernet's steps against those of a plain network."""
    supernet_step.run(space, repeats, Console())


@app.callback(invoke_without_command=True)
def everything(context: typer.Context) -> None:
    """Without a command: all of them."""
    if context.invoked_subcommand is None:
        time_to_table_command()
        supernet_step_command()


if __name__ == "__main__":
    app()
