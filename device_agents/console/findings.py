"""What the doctor has found, for a person."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from device_agents.doctor.findings import Finding, Severity

_COLOURS: dict[Severity, str] = {"bad": "red", "warn": "yellow", "good": "green", "unknown": "dim"}
_BRIEFLY: dict[Severity, str] = {"good": "good", "unknown": "not known"}


def print_findings(findings: Sequence[Finding]) -> None:
    """Print what is wrong in full, the worst first, and the rest in a line a kind."""
    console = Console()
    wrong = [finding for severity in ("bad", "warn") for finding in findings if finding.severity == severity]
    if wrong:
        console.print(_table(wrong))
    for severity, saying in _BRIEFLY.items():
        said = [f"{finding.name} ({finding.seen})" for finding in findings if finding.severity == severity]
        if said:
            console.print(Text(f"{saying}: {', '.join(said)}", style=_COLOURS[severity]))


def _table(findings: Sequence[Finding]) -> Table:
    table = Table(show_header=False, show_lines=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        colour = _COLOURS[finding.severity]
        said = Text.assemble((finding.seen, colour), "\n", finding.why, "\n", ("-> " + finding.mend, "bold"))
        table.add_row(Text(f"{finding.severity}\n{finding.name}", style=colour), said)
    return table
