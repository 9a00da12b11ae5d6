"""`latency-service snapshots`: which cuts of a table there are, what differs between two, what one promises."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from latency_service.commands.running import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    load_settings,
    opened_database,
    readable_errors,
    stop,
)
from latency_service.contract.device import Fact
from latency_service.contract.messages import (
    ChangeGroup,
    ComparedSnapshot,
    Correction,
    EntryChange,
    NetworkError,
    SnapshotDiff,
    SnapshotList,
    TableList,
)
from latency_service.contract.messages import Table as LatencyTable
from latency_service.services import catalogue, comparing, refitting, snapshots
from latency_service.services.correction.anchors import LEAST_ANCHORS

TableId = Annotated[str | None, typer.Argument(help="The table's id.", show_default=False)]
SnapshotId = Annotated[str, typer.Argument(help="A snapshot's id.", show_default=False)]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many, the newest first.")]
Top = Annotated[int, typer.Option(min=0, help="How many groups, and how many workloads, to show.")]

app = typer.Typer(
    help="List the snapshots of a table, compare two, show what one promises of whole networks.", no_args_is_help=True
)


@app.command("list")
def list_snapshots(
    table_id: TableId = None,
    limit: Limit = 50,
    database: DatabaseOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the snapshots that were cut from a table, the newest first; without a table, the tables there are."""
    with readable_errors(), opened_database(load_settings(config, database=database)) as opened:
        found = opened.read(lambda session: _find(session, table_id, limit))
    if as_json:
        typer.echo(found.model_dump_json())
    elif isinstance(found, TableList):
        Console().print(_tables(found))
    else:
        Console().print(_cuts(found))
        if found.next_before is not None:
            typer.echo("There are older ones; --limit shows more.")


@app.command("diff")
def diff(
    before: SnapshotId,
    after: SnapshotId,
    top: Top = 10,
    database: DatabaseOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what differs between two snapshots: what moved beyond its intervals, and what that has in common."""
    with readable_errors(), opened_database(load_settings(config, database=database)) as opened:
        found = opened.read(lambda session: comparing.compare(session, before, after))
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        _print_diff(found, top)


@app.command("correction")
def correction(
    snapshot_id: SnapshotId,
    database: DatabaseOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a snapshot promises of whole networks, and fit it again to the stored measurements: are they alike?"""
    with readable_errors(), opened_database(load_settings(config, database=database)) as opened:
        found = opened.read(lambda session: refitting.refit(session, snapshot_id))
    if found is None:
        stop(f"snapshot {snapshot_id} has no correction: fewer than {LEAST_ANCHORS} anchors of its table are measured")
    typer.echo(found.stored.model_dump_json() if as_json else _promise(found.stored))
    if not found.is_the_same:
        stop(f"what was stored does not follow from the measurements: fitted again, it is {found.refitted!r}")


def _find(session: Session, table_id: str | None, limit: int) -> TableList | SnapshotList:
    if table_id is None:
        return catalogue.list_tables(session)
    return snapshots.list_of_table(session, table_id, None, limit)


def _tables(found: TableList) -> Table:
    table = Table("table", "device", "conditions", "entries", "source", "latest snapshot")
    for each in found.tables:
        source = each.source or ("measured" if each.is_current_state else "measured, in a former state")
        cells = (each.table_id, each.device, str(each.conditions), _count(each), source)
        table.add_row(*map(Text, (*cells, each.latest_snapshot_id or "none yet")))  # a source may look like markup
    return table


def _count(table: LatencyTable) -> str:
    return f"{table.entries} + {table.predicted} predicted" if table.predicted else str(table.entries)


def _cuts(found: SnapshotList) -> Table:
    table = Table("snapshot", "cut", "entries")
    for cut in found.snapshots:
        table.add_row(cut.snapshot_id, f"{cut.created_at:%Y-%m-%d %H:%M:%S}", str(cut.entries))
    return table


def _print_diff(found: SnapshotDiff, top: int) -> None:
    console = Console()
    console.print(_heading(found), soft_wrap=True)
    for change in found.facts:
        console.print(Text(f"  {change.fact}: {_fact(change.before)} -> {_fact(change.after)}"), soft_wrap=True)
    console.print(Text(_counts(found)), soft_wrap=True)
    if found.groups and top:
        console.print(_groups(found.groups[:top]))
    if found.moved and top:
        console.print(_moved(found.moved[:top]))


def _promise(found: Correction) -> str:
    fit = f"{found.method}, {len(found.anchors)} anchors: scale {found.scale:g}"
    if found.factors:
        fit += f", factors of {len(found.factors)} ops from {min(found.factors.values()):g} "
        fit += f"to {max(found.factors.values()):g}"
    floor = found.noise_floor_percent
    lines = [
        fit + (f", intercept {found.intercept_ms:g} ms" if found.intercept_ms else ""),
        f"held out:    {_error(found.held_out)}",
        f"plain sums:  {_error(found.naive)}",
        "noise floor: " + ("needs a second session" if floor is None else f"{floor:.2f} %"),
        f"the table is {found.additivity.replace('_', ' ')}",
    ]
    return "\n".join(lines)


def _error(error: NetworkError) -> str:
    kendall = "none" if error.kendall is None else f"{error.kendall:.2f}"
    return f"{error.mape_percent:.2f} %, {error.rmse_ms:.3g} ms, Kendall {kendall}"


def _heading(found: SnapshotDiff) -> Text:
    lines = [f"before: {_side(found.before)}", f"after:  {_side(found.after)}"]
    if not found.like_for_like:
        lines.append("not like for like: device, conditions or protocol version differ")
    return Text("\n".join(lines))


def _side(side: ComparedSnapshot) -> str:
    where = f"{side.device} in state {side.device_state}, {side.conditions}"
    return f"{side.snapshot_id}: {where}, protocol {side.protocol_version}"


def _fact(value: Fact) -> str:
    return "not told" if value is None else str(value)


def _counts(found: SnapshotDiff) -> str:
    counts = f"{len(found.moved)} moved, {found.unmoved} stayed, {len(found.added)} added, {len(found.gone)} gone"
    if found.undecided:
        counts += f", {found.undecided} without an interval"
    if found.median_change is not None:
        counts += f"; median change {found.median_change:+.1%}"
    if found.least_visible_change is not None:
        counts += f"; a change of {found.least_visible_change:.1%} could be seen (median)"
    return counts


def _groups(groups: Sequence[ChangeGroup]) -> Table:
    table = Table("kind", "of which", "median change", "moved", title="what moved together")
    for group in groups:
        which = "all" if group.attribute == "kind" else f"{group.attribute} {group.value}"
        table.add_row(group.kind, which, f"{group.median_change:+.1%}", f"{group.moved} of {group.entries}")
    return table


def _moved(moved: Sequence[EntryChange]) -> Table:
    table = Table("workload", "before, ms", "after, ms", "change", "could be seen", title="what moved most")
    for each in moved:
        values = (f"{each.before_ms:.6g}", f"{each.after_ms:.6g}", f"{each.change:+.1%}")
        table.add_row(each.workload, *values, f"{each.least_visible_change:.1%}")
    return table
