"""`latency-service export`: a snapshot becomes a file."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.orm import Session

from latency_service.commands.facts import ConditionOption, DeviceOption, RuntimeOption, read_facts
from latency_service.commands.running import (
    ConfigOption,
    DatabaseOption,
    load_settings,
    opened_database,
    readable_errors,
)
from latency_service.contract.errors import InvalidInput
from latency_service.interchange import formats
from latency_service.interchange.writing import Written
from latency_service.services import catalogue, snapshots
from latency_service.services.sheets import Facts

_MOST_SHOWN = 20

Out = Annotated[Path, typer.Option("--out", help="The file to write, or - for stdout; none is overwritten.")]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="csv, json, parquet (told by the file's ending), or proxylessnas-yaml."),
]
SnapshotOption = Annotated[str | None, typer.Option("--snapshot", help="This snapshot.")]
TableOption = Annotated[str | None, typer.Option("--table", help="This table's latest snapshot.")]
SkipInexpressible = Annotated[
    bool, typer.Option("--skip-inexpressible", help="Leave out what the format cannot say; it is listed.")
]


def export(
    out: Out,
    file_format: FormatOption = None,
    snapshot: SnapshotOption = None,
    table: TableOption = None,
    device: DeviceOption = None,
    runtime: RuntimeOption = None,
    condition: ConditionOption = None,
    skip_inexpressible: SkipInexpressible = False,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Write a snapshot to a file: one by its id, or the latest of a table, or of a device under some conditions."""
    with readable_errors():
        write = formats.find_writer(file_format, out)
        facts = read_facts(device, runtime, condition or [])
        with opened_database(load_settings(config, database=database)) as opened:
            content = opened.read(lambda session: _content(session, snapshot, table, facts))
        written = write(content)
        _report_left_out(written, skip_inexpressible)
        _put(out, written.content)


def _content(session: Session, snapshot_id: str | None, table_id: str | None, facts: Facts) -> bytes:
    if sum(each is not None for each in (snapshot_id, table_id, facts.device)) != 1:
        raise InvalidInput("say which snapshot: one of --snapshot, --table and --device")
    if facts.device is not None:
        table_id = _table_of_device(session, facts)
    if table_id is not None:
        snapshot_id = snapshots.latest_id(session, table_id)
    assert snapshot_id is not None, "one of the three was given"
    return snapshots.get(session, snapshot_id).document


def _table_of_device(session: Session, facts: Facts) -> str:
    conditions = facts.conditions.model_dump() if facts.conditions else {}
    found = catalogue.list_tables(session, facts.device, **conditions).tables
    present = [table for table in found if table.is_current_state]
    if len(present) != 1:
        listed = "; ".join(f"{table.table_id}: {table.conditions}" for table in present or found)
        told = f"{len(present)} present tables of {facts.device} match"
        raise InvalidInput(f"{told}; name one by --table{f' ({listed})' if listed else ''}")
    return present[0].table_id


def _report_left_out(written: Written, is_skipped: bool) -> None:
    if not written.left_out:
        return
    listed = [f"{each.workload}: {each.reason}" for each in written.left_out]
    if not is_skipped:
        more = f" and {len(listed) - _MOST_SHOWN} more" if len(listed) > _MOST_SHOWN else ""
        shown = "\n".join(listed[:_MOST_SHOWN])
        raise InvalidInput(f"the format cannot say these entries; --skip-inexpressible leaves them out:\n{shown}{more}")
    console = Console(stderr=True)
    for line in listed:
        console.print(f"left out: {line}", soft_wrap=True, markup=False, highlight=False)


def _put(out: Path, content: bytes) -> None:
    if str(out) == "-":
        typer.get_binary_stream("stdout").write(content)
        return
    try:
        with out.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise InvalidInput(f"{out} is there already, and no file is overwritten: name another") from None
