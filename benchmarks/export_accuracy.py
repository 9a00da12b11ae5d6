"""Export accuracy: a trained network in each format and precision, in the real runtimes, on a thousand test images.

Float files must say what torch says - logits within 1e-4, top-1 unchanged - and integers may cost two points of top-1.
"""

import json
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import get_args

import torch
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table
from torch import nn

from latency_service.contract.conditions import Conditions
from latency_service.contract.network import NetworkSpec
from search_client.data.batches import BatchLoader
from search_client.data.dataset import ImageSet
from search_client.data.registry import load_data_set
from search_client.export.checking import ExportCheck, check_export
from search_client.export.model_file import ModelFormat, ModelPrecision, build_model_file
from search_client.export.running import open_model
from search_client.export.samples import calibration_batches, some_images
from search_client.modules.derived import build_network
from search_client.spaces.registry import make_space
from search_client.trained_network import TrainedNetwork
from search_client.training.config import SearchConfig
from search_client.training.evaluation import fine_tune
from search_client.training.targets import Target

MOST_POINTS: dict[ModelPrecision, float] = {"fp32": 0.0, "int8": 2.0}
SPACE = "proxyless-cifar"
CALIBRATION_IMAGES = 256


@dataclass(frozen=True)
class Row:
    """One file.

    Attributes:
        lost_points: Of top-1, against torch; negative where the file is the better one.
        is_good: Whether no more are lost than the precision may cost.
    """

    model_format: ModelFormat
    precision: ModelPrecision
    size_bytes: int
    check: ExportCheck
    lost_points: float
    is_good: bool


def run(
    folder: Path | None,
    data_set: str,
    cache_dir: Path,
    images: int,
    steps: int,
    json_file: Path | None,
    console: Console,
) -> bool:
    """Print a row a file, and return whether all are good.

    Args:
        folder: Of a search; None trains a network first.
        data_set: What to train it on; a search knows its own.
        cache_dir: Where data sets are kept.
        images: Test images.
        steps: Of that training.
        json_file: Gets the figures, too.
        console: Gets the table.

    Raises:
        ExportDiffers: A float file's logits are not torch's.
    """
    if folder is None:
        image_set = load_data_set(data_set, cache_dir)
        network, module = _trained(image_set, steps, console)
    else:
        trained = TrainedNetwork.read(folder)
        image_set = load_data_set(trained.data_set, cache_dir)
        network, module = trained.architecture.network(), trained.module
    wanted: list[tuple[ModelFormat, ModelPrecision]] = [
        (model_format, precision) for model_format in get_args(ModelFormat) for precision in get_args(ModelPrecision)
    ]
    rows = [_row(network, module, *each, images, image_set) for each in track(wanted, "exporting", console=console)]
    console.print(_table(rows, image_set))
    if json_file is not None:
        figures = [asdict(row) | {"check": row.check.model_dump()} for row in rows]
        json_file.write_text(json.dumps({"data_set": image_set.name, "files": figures}, indent=2) + "\n")
    return all(row.is_good for row in rows)


def _trained(image_set: ImageSet, steps: int, console: Console) -> tuple[NetworkSpec, nn.Module]:
    """Return a network that holds each candidate of the space in turn, trained for so many batches."""
    space = make_space(SPACE, resolution=image_set.resolution, num_classes=image_set.num_classes)
    choices = list(islice(cycle(range(len(space.blocks[0].candidates) - 1)), len(space.blocks)))
    network = space.network(choices)
    nowhere = Target(device="none", conditions=Conditions(runtime="none"), target_ms=1.0)
    config = SearchConfig(targets=(nowhere,))  # of which the settings of fine-tuning alone count
    module = build_network(network, torch.Generator().manual_seed(0))
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    batches = BatchLoader(image_set.train, image_set, config.batch_size, seed=0)
    with Progress(console=console) as progress:
        task = progress.add_task("training", total=steps)
        fine_tune(module, batches, steps, config, lambda *_: progress.advance(task))
    return network, module.eval()


def _row(
    network: NetworkSpec,
    module: nn.Module,
    model_format: ModelFormat,
    precision: ModelPrecision,
    images: int,
    image_set: ImageSet,
) -> Row:
    calibration = calibration_batches(image_set, CALIBRATION_IMAGES, seed=0)
    content = build_model_file(network, module, model_format, precision, calibration)
    tested = some_images(image_set.test, images, seed=1)
    check = check_export(open_model(model_format, content), module, precision, tested, image_set)
    lost_points = 100 * (check.torch_accuracy - check.accuracy)
    return Row(model_format, precision, len(content), check, lost_points, lost_points <= MOST_POINTS[precision])


def _table(rows: list[Row], image_set: ImageSet) -> Table:
    first = rows[0].check
    title = f"{image_set.name}: {first.images} test images; torch {100 * first.torch_accuracy:.2f} %"
    table = Table("file", "runtime", title=title)
    for column in ("bytes", "top-1", "points lost", "largest difference of a logit", "good"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            f"{row.model_format} {row.precision}",
            row.check.runtime,
            f"{row.size_bytes:,}",
            f"{100 * row.check.accuracy:.2f} %",
            f"{row.lost_points:+.2f} of {MOST_POINTS[row.precision]:g}",
            f"{row.check.largest_difference:.2g}",
            "yes" if row.is_good else "NO",
        )
    return table
