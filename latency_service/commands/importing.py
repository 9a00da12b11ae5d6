"""`latency-service import`: a file of latencies becomes a table."""

import hashlib
from pathlib import Path
from typing import Annotated, get_args

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from latency_service.clock import utc_now
from latency_service.commands.naming import named_conditions, pairs
from latency_service.commands.running import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    load_settings,
    opened_database,
    readable_errors,
    stop,
)
from latency_service.contract.device import DeviceName
from latency_service.contract.errors import ImportRefused, InvalidInput
from latency_service.contract.limits import LONGEST_NAME
from latency_service.contract.messages import ImportReport, RowRemark
from latency_service.contract.ops import Activation
from latency_service.interchange import formats
from latency_service.interchange.cells import UNITS
from latency_service.interchange.formats import Format
from latency_service.interchange.layer_keys import LAYER_TYPES, Activations
from latency_service.interchange.reading import Reading
from latency_service.services import importing
from latency_service.services.importing import Target
from latency_service.services.sheets import Facts, Sheet

#: More rows than that are printed only as JSON.
_MOST_PRINTED = 200

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file to import.")]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="csv, json, parquet (told by the file's ending), proxylessnas-yaml or ofa-yaml."),
]
Device = Annotated[str | None, typer.Option(help="Whose latencies they are; default: as the file says.")]
Runtime = Annotated[str | None, typer.Option(help="What ran the ops: onnxruntime, tflite, ...; default: see --device.")]
ConditionOption = Annotated[
    list[str] | None, typer.Option("--condition", help="Another condition, such as threads=4; repeatable.")
]
Source = Annotated[str | None, typer.Option(help="Where the file comes from, such as 'mit-han-lab/proxylessnas 2019'.")]
Unit = Annotated[str | None, typer.Option(help="Of the times, where the file does not tell: us, ms or s.")]
ActivationOption = Annotated[
    list[str] | None,
    typer.Option("--activation", help="A layer's activation that keys do not tell: expanded_conv=relu; repeatable."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the report, and change nothing.")]
SkipRefused = Annotated[bool, typer.Option("--skip-refused", help="Take the good rows where others are refused.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace values that an earlier import brought.")]


def import_file(
    file: File,
    file_format: FormatOption = None,
    device: Device = None,
    runtime: Runtime = None,
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
    """Import a file of latencies as a table of its own: all of its rows or, unless refused ones are skipped, none."""
    with readable_errors():
        reading = Reading(_checked_unit(unit), _activations(activation or []))
        found = formats.find_format(file_format, file)
        with Console(stderr=True).status(f"reading {file.name}"):
            content = _content(file)
            sheet = formats.read(found, content, reading)
        told = Facts(device, named_conditions(runtime, condition or []), source)
        target = _target(told, sheet.facts, file, found, content, replace, skip_refused)
        with opened_database(load_settings(config, database=database)) as opened:
            try:
                with Console(stderr=True).status(f"importing {len(sheet.rows)} rows"):
                    report = (
                        opened.read(lambda session: importing.judge(session, sheet, target).report(target))
                        if dry_run
                        else opened.write(lambda session: importing.import_sheet(session, sheet, target, utc_now()))
                    )
            except ImportRefused as error:
                _print_refusal(error, as_json)
                raise
    _print_report(report, sheet, as_json)
    if report.refused and not skip_refused:
        stop(f"{len(report.refused)} rows are refused: nothing would be imported without --skip-refused")


def _content(file: Path) -> bytes:
    """Return the file's bytes; of one that is too large, so many that it is seen to be."""
    with file.open("rb") as opened:
        return opened.read(formats.MOST_BYTES + 1)


def _target(
    told: Facts, in_file: Facts, file: Path, file_format: Format, content: bytes, replace: bool, skip_refused: bool
) -> Target:
    conditions = told.conditions or in_file.conditions
    if conditions is None:
        raise InvalidInput("the file does not say under which conditions it was measured: give --runtime, --condition")
    if in_file.conditions not in (None, conditions):
        raise InvalidInput(f"the file says that it was measured under {in_file.conditions}, and you say {conditions}")
    return Target(
        device=_agreed("device", told.device, in_file.device, DeviceName),
        conditions=conditions,
        source=_agreed("source", told.source, in_file.source, Annotated[str, typer.Option()]),
        file_format=file_format.name,
        file_name=file.name,
        file_hash=hashlib.sha256(content).hexdigest(),
        replace=replace,
        skip_refused=skip_refused,
    )
