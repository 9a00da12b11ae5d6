"""`latency-service import`: a file of latencies becomes a table."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import orjson
import typer
from rich.console import Console

from latency_service.clock import utc_now
from latency_service.commands.facts import ConditionOption, DeviceOption, RuntimeOption, read_activations, read_facts
from latency_service.commands.import_report import print_remarks, print_report
from latency_service.commands.running import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    load_settings,
    opened_database,
    readable_errors,
    stop,
)
from latency_service.contract.errors import ImportRefused
from latency_service.contract.messages import ImportReport, RowRemark
from latency_service.database import Database
from latency_service.interchange import formats
from latency_service.interchange.reading import Reading
from latency_service.services.importing import import_sheet
from latency_service.services.sheets import Sheet
from latency_service.services.targets import FileFacts, Target, make_target
from latency_service.services.vetting import vet

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file to import.")]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="csv, json, parquet (told by the file's ending), proxylessnas-yaml or ofa-yaml."),
]
Source = Annotated[str | None, typer.Option(help="Where the values come from: 'mit-han-lab/proxylessnas 2019'.")]
Unit = Annotated[Literal["us", "ms", "s"] | None, typer.Option(help="Of the times, where the file does not tell.")]
ActivationOption = Annotated[
    list[str] | None,
    typer.Option("--activation", help="What the keys do not tell of a layer: expanded_conv=relu; repeatable."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the report, and change nothing.")]
SkipRefused = Annotated[bool, typer.Option("--skip-refused", help="Take the good rows where others are refused.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace values that an earlier import brought.")]


def import_file(
    file: File,
    file_format: FormatOption = None,
    device: DeviceOption = None,
    runtime: RuntimeOption = None,
    condition: ConditionOption = None,
    source: Source = None,
    unit: Unit = None,
    activation: ActivationOption = None,
    dry_run: DryRun = False,
    skip_refused: SkipRefused = False,
    replace: Replace = False,
    database: DatabaseOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import a file of latencies as a table of its own: all of its rows or, unless refused ones are skipped, none.

    What the file tells of device, conditions and source need not be told again.
    """
    with readable_errors():
        told = read_facts(device, runtime, condition or [], source)
        sheet, of_file = _read(file, file_format, Reading(unit, read_activations(activation or [])))
        target = make_target(told, sheet.facts, of_file, replace, skip_refused)
        with opened_database(load_settings(config, database=database)) as opened:
            report = _import(opened, sheet, target, dry_run, as_json)
    if as_json:
        typer.echo(report.model_dump_json())
    else:
        print_report(report)
    if report.refused and not skip_refused:
        stop(f"refused rows: {len(report.refused)}; --skip-refused takes the others")
    if not (report.new or report.replaced or report.unchanged):
        stop("the file has no row that can be an entry")


def _read(file: Path, format_name: str | None, reading: Reading) -> tuple[Sheet, FileFacts]:
    file_format = formats.find_format(format_name, file)
    name = file.name.encode(errors="replace").decode()  # one that is no Unicode can be no text of a database
    with Console(stderr=True).status("reading the file"), file.open("rb") as opened:
        content = opened.read(formats.MOST_BYTES + 1)  # one that is too large is refused, not held
        sheet = formats.read(file_format, content, reading)
    return sheet, FileFacts(file_format.name, name, hashlib.sha256(content).hexdigest())


def _import(database: Database, sheet: Sheet, target: Target, dry_run: bool, as_json: bool) -> ImportReport:
    with Console(stderr=True).status(f"importing {len(sheet.rows)} rows"):
        if dry_run:
            return database.read(lambda session: vet(session, sheet, target).report(target))
        try:
            return database.write(lambda session: import_sheet(session, sheet, target, utc_now()))
        except ImportRefused as error:
            _print_refused(error, as_json)
            raise


def _print_refused(error: ImportRefused, as_json: bool) -> None:
    rows = error.extra["rows"]
    if as_json:
        typer.echo(orjson.dumps({"code": error.code, "detail": str(error), "rows": rows}))
    else:
        print_remarks("refused", map(RowRemark.model_validate, rows), "red")
