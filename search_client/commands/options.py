"""The options that several commands share."""

import json
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from platformdirs import user_cache_path
from pydantic import ValidationError

from latency_service.contract.conditions import Conditions, Precision
from latency_service.contract.errors import InvalidInput
from search_client.faults import first_fault

T = TypeVar("T")

APP_NAME = "proxyless-latency"

Server = Annotated[str, typer.Option(envvar="SEARCH_CLIENT_SERVER", help="URL of the latency service.")]
KeyFile = Annotated[
    Path | None,
    typer.Option(envvar="LATENCY_KEY_FILE", help="Holds the API key, where the service asks for one (or LATENCY_KEY)."),
]
Device = Annotated[str, typer.Option(help="Name of the device, as its agent registered it.")]
Runtime = Annotated[str, typer.Option(help="Runtime, such as onnxruntime.")]
DeviceOfNewRun = Annotated[str | None, typer.Option("--device", help="Name of the device; a run folder knows its own.")]
RuntimeOfNewRun = Annotated[str | None, typer.Option("--runtime", help="Runtime; a run folder knows its own.")]
PrecisionOption = Annotated[Precision | None, typer.Option(help="Precision of the measured graphs; default fp32.")]
Threads = Annotated[int | None, typer.Option(help="Threads a run on the device; default 1.")]
BatchSize = Annotated[int | None, typer.Option(help="Images a run on the device; default 1.")]
ConditionOptions = Annotated[
    list[str] | None,
    typer.Option("--condition", help="Any other condition, such as backend=cuda or cache_state=cold; repeatable."),
]
SpaceParams = Annotated[
    list[str] | None, typer.Option("--space-param", help="Parameter of the space, such as width_mult=0.5; repeatable.")
]
SpaceName = Annotated[str | None, typer.Option("--space", help="A search space; `search-client spaces` lists them.")]
MaxAge = Annotated[float | None, typer.Option(min=0, help="Measure again what is older, seconds; 0 measures all anew.")]
Anchors = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=200,
        help="Networks of the space that are measured whole, too: what is predicted of others is corrected by them, "
        "and its error known; default 10, 0 for none.",
    ),
]
Quick = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1000,
        help="Measure only so many of the ops, those that tell most of the others, and have these predicted from the "
        "service's tables of other devices: minutes for a new device. 10 is a good start.",
    ),
]
AnchorSeed = Annotated[int | None, typer.Option(help="Of the choice of these networks; default 0.")]
ArchitectureFile = Annotated[Path | None, typer.Option("--architecture", help="An architecture.json of a search.")]
NetworkName = Annotated[
    str | None, typer.Option("--network", help="A known network; `search-client networks` lists them.")
]
Resolution = Annotated[int, typer.Option(help="Height and width of a known network's images.")]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON on stdout.")]
CacheDir = Annotated[
    Path, typer.Option(envvar="SEARCH_CLIENT_CACHE_DIR", help="Where data sets are kept.", show_default=False)
]

DEFAULT_SERVER = "http://127.0.0.1:8000"
DEFAULT_CACHE_DIR = user_cache_path(APP_NAME) / "data"


def require(value: T | None, option: str) -> T:
    """Return an option that this use of the command needs.

    Raises:
        InvalidInput: It was not given.
    """
    if value is None:
        raise InvalidInput(f"{option} is missing")
    return value


def parse_assignments(texts: list[str] | None) -> dict[str, Any]:
    """Read `name=value` options; a value is JSON, or text where it is none.

    Raises:
        InvalidInput: An option has no `=`.
    """
    values: dict[str, Any] = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput(f"{text!r} is not NAME=VALUE")
        try:
            values[name] = json.loads(value)
        except json.JSONDecodeError:
            values[name] = value
    return values


def make_conditions(
    runtime: str, precision: Precision | None, threads: int | None, batch_size: int | None, more: list[str] | None
) -> Conditions:
    """Return the measuring conditions; what is not given takes the contract's default.

    Raises:
        InvalidInput: A value is out of range, a name is unknown or comes twice.
    """
    options = {"runtime": runtime, "precision": precision, "threads": threads, "batch_size": batch_size}
    given, others = {name: value for name, value in options.items() if value is not None}, parse_assignments(more)
    for name in given.keys() & others.keys():
        raise InvalidInput(f"--condition {name}=... would change what another option says: give one of them")
    try:
        return Conditions(**given, **others)
    except ValidationError as error:
        raise InvalidInput(f"these conditions cannot be: {first_fault(error)}") from None
