"""`search-client compare`: several networks, each measured whole on several devices."""

import re
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.console import Console

from latency_service.contract.conditions import Precision
from latency_service.contract.errors import InvalidInput
from latency_service.contract.network import workload_key
from search_client.commands import options
from search_client.commands.connection import connected
from search_client.commands.console import POLL_S, print_json, profile_bar, readable_errors
from search_client.commands.contestants import read_contestants
from search_client.comparison.cells import CellStore, Place
from search_client.comparison.matrix import Matrix
from search_client.comparison.measuring import measure_missing
from search_client.comparison.text import matrix_table
from search_client.training.atomic_file import write_atomically

_FORM = re.compile(rf"(?P<device>[^/]+)/(?P<runtime>[^/]+)(/(?P<precision>{'|'.join(get_args(Precision))}))?")


def compare(
    device: Annotated[
        list[str], typer.Option(help="DEVICE/RUNTIME or DEVICE/RUNTIME/PRECISION: pixel-8/tflite/int8; repeatable.")
    ],
    run: Annotated[list[Path] | None, typer.Argument(help="Folders of searches or retrainings.")] = None,
    network: Annotated[
        list[str] | None, typer.Option(help="A known network (`search-client networks` lists them); repeatable.")
    ] = None,
    resolution: options.Resolution = 224,
    out: Annotated[Path, typer.Option(help="Folder of all measurements and of the matrix.")] = Path("comparison"),
    anew: Annotated[bool, typer.Option("--anew", help="Measure what the folder holds, too.")] = False,
    threads: options.Threads = None,
    batch_size: options.BatchSize = None,
    condition: options.ConditionOptions = None,
    server: options.Server = options.DEFAULT_SERVER,
    key_file: options.KeyFile = None,
    as_json: options.Json = False,
) -> None:
    """Measure each network whole on each device. What the folder holds already is not measured again."""
    with readable_errors():
        contestants = read_contestants(run or [], network or [], resolution)
        places = [_place(text, threads, batch_size, condition) for text in device]
        if len(set(places)) < len(places):
            raise InvalidInput("a --device comes twice")
        store = CellStore(out / "measurements.json")
        specs = [spec for _, spec in contestants]
        with connected(server, key_file) as client:
            measure_missing(client, store, specs, places, _bar, lambda: time.sleep(POLL_S), anew)
        rows = [[store.cell(workload_key(spec), place) for place in places] for spec in specs]
        matrix = Matrix.of([contestant for contestant, _ in contestants], places, rows)
        _write(matrix, out)
        if as_json:
            print_json(matrix)
        else:
            _print(matrix, out)


def _place(text: str, threads: int | None, batch_size: int | None, condition: list[str] | None) -> Place:
    match = _FORM.fullmatch(text)
    if match is None:
        raise InvalidInput(f"--device {text} is not DEVICE/RUNTIME[/PRECISION], such as pixel-8/tflite/int8")
    told: dict[str, Any] = match.groupdict()
    conditions = options.make_conditions(told["runtime"], told["precision"], threads, batch_size, condition)
    return Place(device=told["device"], conditions=conditions)


def _bar(place: Place, total: int) -> AbstractContextManager[Any]:
    return profile_bar(f"measuring {total} networks on {place.label}", total)


def _write(matrix: Matrix, folder: Path) -> None:
    from search_client.comparison.page import render_page  # matplotlib, which most commands do not need
    from search_client.comparison.picture import picture

    files = {
        "matrix.json": matrix.model_dump_json(indent=2).encode(),
        "matrix.csv": matrix.to_csv().encode(),
        "matrix.svg": picture(matrix, "svg"),
        "matrix.png": picture(matrix, "png"),
        "matrix.html": render_page(matrix).encode(),
    }
    for name, content in files.items():
        write_atomically(folder / name, content)


def _print(matrix: Matrix, folder: Path) -> None:
    console = Console()
    console.print(matrix_table(matrix))
    for standing in matrix.standings:
        console.print(standing.describe(), highlight=False, soft_wrap=True)
    console.print(f"{folder / 'matrix.html'}, and the same as .svg, .png, .csv and .json", soft_wrap=True)
