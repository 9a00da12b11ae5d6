"""`search-client report`: one self-contained page on some finished searches."""

from pathlib import Path
from typing import Annotated

import typer

from search_client.commands.console import readable_errors
from search_client.training.atomic_file import write_atomically


def report(
    run: Annotated[list[Path], typer.Option(help="Folder of a finished search; repeatable.")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
) -> None:
    """Write a page on finished searches: networks, table, curves, promise against measurement."""
    from search_client.report.page import ReportedRun, render_report  # matplotlib, which no other command needs

    with readable_errors():
        page = render_report([ReportedRun.read(path) for path in run])
        write_atomically(out, page.encode())
        typer.echo(out)
