"""The report of an import, for people."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from latency_service.contract.messages import ImportReport, RowRemark

#: The rest is only told as JSON.
_MOST_PRINTED = 100


def print_report(report: ImportReport) -> None:
    """Print what an import did, or would do."""
    console = Console()
    print_remarks("refused", report.refused, "red")
    print_remarks("notes", report.notes, "yellow")
    table = Table(show_header=False)
    rows = {
        "device": report.device,
        "conditions": str(report.conditions),
        "source": report.source,
        "rows": f"{report.new} new, {report.replaced} replaced, {report.unchanged} unchanged, "
        f"{len(report.refused)} refused",
        "table": report.table_id,
        "snapshot": report.snapshot_id or "none: nothing was written",
    }
    for name, value in rows.items():
        table.add_row(Text(name), Text(value))
    console.print(table)


def print_remarks(title: str, remarks: Iterable[RowRemark], style: str) -> None:
    """Print what is to be said of rows, where there is anything."""
    remarks = list(remarks)
    if not remarks:
        return
    table = Table("line", Column("row", overflow="fold"), Column(title, overflow="fold"), header_style=style)
    for each in remarks[:_MOST_PRINTED]:
        table.add_row(str(each.line or ""), Text(each.row), Text(each.remark))
    console = Console()
    console.print(table)
    if len(remarks) > _MOST_PRINTED:
        console.print(f"... and {len(remarks) - _MOST_PRINTED} more; --json tells all")
