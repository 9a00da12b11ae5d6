"""The model card: what a person must know who finds an exported file, in Markdown."""

import hashlib
import shlex
from dataclasses import dataclass
from pathlib import Path

import jinja2
from pydantic import BaseModel, ConfigDict

from search_client.data.dataset import ImageSet
from search_client.export.checking import ExportCheck
from search_client.export.model_file import ModelFormat, ModelPrecision
from search_client.latency.wording import stated_error
from search_client.trained_network import TrainedNetwork
from search_client.training.result import Promise
from search_client.training.run_folder import RunFolder
from search_client.verify import VerifyResult

#: What agents measure the graphs of a format with.
_RUNTIMES: dict[ModelFormat, tuple[str, ...]] = {"onnx": ("onnxruntime",), "tflite": ("tflite", "adb")}


class ExportedFile(BaseModel):
    """A file that `export` wrote.

    Attributes:
        calibration_images: Training images that the integers' ranges are taken from; 0 for float32.
        check: The file against torch; None where that was not asked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Path
    card: Path
    format: ModelFormat
    precision: ModelPrecision
    size_bytes: int
    sha256: str
    calibration_images: int
    check: ExportCheck | None

    @classmethod
    def of(
        cls,
        file: Path,
        content: bytes,
        model_format: ModelFormat,
        precision: ModelPrecision,
        calibration_images: int,
        check: ExportCheck | None,
    ) -> "ExportedFile":
        """Return what is to be said of a file with this content; its card stands beside it."""
        return cls(
            file=file,
            card=file.with_name(f"{file.name}.model-card.md"),
            format=model_format,
            precision=precision,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            calibration_images=calibration_images,
            check=check,
        )


@dataclass(frozen=True)
class _Latency:
    """One row of the card: a promise, what was measured, and whether it is this very file's graph that was."""

    promise: Promise
    measured: VerifyResult | None
    is_of_this_file: bool


def render_model_card(
    exported: ExportedFile, trained: TrainedNetwork, image_set: ImageSet, run: Path, search: RunFolder | None
) -> str:
    """Return the card.

    Args:
        exported: The file.
        trained: What it was made of.
        image_set: What that was trained on.
        run: Its folder, as it was typed.
        search: What derived the network, be it the one that trained it or not; None where nobody says.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("search_client.export"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["stated_error"] = stated_error
    environment.filters["quoted"] = lambda value: shlex.quote(str(value))
    return environment.get_template("model-card.md.j2").render(
        exported=exported,
        architecture=trained.architecture,
        network=trained.architecture.network(),
        images=image_set,
        result=trained.search.result if trained.search else None,
        latencies=_latencies(exported, search),
        search=search,
        is_retrained=trained.search is None,
        run=run,
    )


def _latencies(exported: ExportedFile, search: RunFolder | None) -> list[_Latency]:
    if search is None or search.result is None:
        return []
    rows = zip(search.result.promises, search.verifications, strict=True)
    return [_Latency(promise, measured, _is_measured(exported, promise)) for promise, measured in rows]


def _is_measured(exported: ExportedFile, promise: Promise) -> bool:
    conditions = promise.conditions
    is_same_graph = conditions.runtime in _RUNTIMES[exported.format] and conditions.precision == exported.precision
    return is_same_graph and conditions.batch_size == 1
