"""`latency-service doctor`: what is wrong with the service or will be, and how to mend each."""

from collections.abc import Sequence

import typer
from pydantic_core import to_json
from rich.console import Console
from rich.table import Table
from rich.text import Text

from latency_service.clock import utc_now
from latency_service.commands.running import ConfigOption, DatabaseOption, JsonOption, load_settings, readable_errors
from latency_service.database import Database
from latency_service.doctor.examination import examine
from latency_service.doctor.findings import Finding, Severity
from latency_service.doctor.stand import Stand

_COLOURS: dict[Severity, str] = {"bad": "red", "warn": "yellow", "good": "green", "unknown": "dim"}
_BRIEFLY: dict[Severity, str] = {"good": "good", "unknown": "not known"}


def doctor(database: DatabaseOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Say what is wrong with the service or will be, and how to mend each; exit code 1 if anything is bad."""
    with readable_errors():
        settings = load_settings(config, database=database)
        opened = Database(settings.database_url, pool_size=1)
        try:
            findings = examine(Stand(settings, opened, utc_now()))
        finally:
            opened.close()
    if as_json:
        typer.echo(to_json({"findings": findings}))
    else:
        _print(findings)
    if any(finding.severity == "bad" for finding in findings):
        raise typer.Exit(1)


def _print(findings: Sequence[Finding]) -> None:
    """Print what is wrong in full, the worst first, and the rest in a line a kind."""
    console = Console()
    wrong = [finding for severity in ("bad", "warn") for finding in findings if finding.severity == severity]
    if wrong:
        console.print(_table(wrong))
    for severity, saying in _BRIEFLY.items():
        said = [f"{finding.name} ({finding.seen})" for finding in findings if finding.severity == severity]
        if said:
            console.print(Text(f"{saying}: {', '.join(said)}", style=_COLOURS[severity]), soft_wrap=True)


def _table(findings: Sequence[Finding]) -> Table:
    table = Table(show_header=False, show_lines=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        colour = _COLOURS[finding.severity]
        said = Text.assemble((finding.seen, colour), "\n", finding.why, "\n", ("-> " + finding.mend, "bold"))
        table.add_row(Text(f"{finding.severity}\n{finding.name}", style=colour), said)
    return table
