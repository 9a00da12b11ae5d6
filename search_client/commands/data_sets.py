"""The data set that a command is about, and what a person must be told of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.panel import Panel

from search_client.commands.console import stderr
from search_client.commands.options import parse_assignments
from search_client.data.dataset import ImageSet
from search_client.data.fit import require_fit
from search_client.data.registry import load_data_set
from search_client.trained_network import TrainedNetwork

DataSetParams = Annotated[
    list[str] | None,
    typer.Option("--data-set-param", help="Parameter of the data set, such as root=/data/imagenet; repeatable."),
]


def load_with_notice(name: str, cache_dir: Path, params: Mapping[str, Any] | None = None) -> ImageSet:
    """Return a data set; say so where it is another one than was asked for.

    Raises:
        UnknownName: No data set has that name.
        InvalidInput: It takes no such parameter.
        DataSetUnavailable: It can neither be read nor fetched.
    """
    with stderr().status(f"loading data set {name}"):
        images = load_data_set(name, cache_dir, **(params or {}))
    if images.notice is not None:
        stderr().print(Panel(images.notice, title="another data set than you may think", style="bold yellow"))
    return images


def load_for(trained: TrainedNetwork, name: str | None, params: list[str] | None, cache_dir: Path) -> ImageSet:
    """Return the data set of this name, or that which a network was trained on; parameters that are given win.

    Raises:
        UnknownName: No data set has that name.
        InvalidInput: It takes no such parameter, or its images or classes are not those that the network takes.
        DataSetUnavailable: It can neither be read nor fetched.
    """
    of_training = trained.data_set_params if name in (None, trained.data_set) else {}
    images = load_with_notice(name or trained.data_set, cache_dir, {**of_training, **parse_assignments(params)})
    require_fit(trained.architecture.network(), images)
    return images
