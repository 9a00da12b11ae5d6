"""`search-client export`: a run's network as the file that a device runs, checked against torch, with a model card."""

from pathlib import Path
from typing import Annotated

import typer

from latency_service.contract.errors import InvalidInput
from search_client.commands import options
from search_client.commands.console import image_bar, print_facts, print_json, readable_errors
from search_client.commands.data_sets import DataSetParams, load_for
from search_client.data.dataset import ImageSet
from search_client.export.checking import ExportCheck, check_export
from search_client.export.model_card import ExportedFile, render_model_card
from search_client.export.model_file import ModelFormat, ModelPrecision, build_model_file
from search_client.export.running import format_of, open_model
from search_client.export.samples import calibration_batches, some_images
from search_client.trained_network import TrainedNetwork, search_of
from search_client.training.atomic_file import write_atomically
from search_client.training.run_folder import RunFolder

_CALIBRATION_SEED, _TEST_SEED = 0, 1


def export(
    run: Annotated[Path, typer.Option(help="Folder of a search or a retraining: its network, trained.")],
    output: Annotated[Path, typer.Option(help="The file to write; its model card is written beside it.")],
    model_format: Annotated[
        ModelFormat | None, typer.Option("--format", help="Default: what the output's name ends in.")
    ] = None,
    precision: Annotated[ModelPrecision, typer.Option(help="Of maps and weights.")] = "fp32",
    calibration_images: Annotated[
        int, typer.Option(min=1, help="Training images that int8 takes its ranges from.")
    ] = 256,
    test_images: Annotated[
        int, typer.Option(min=0, help="Test images that the file and torch are compared on; 0: none.")
    ] = 1000,
    search: Annotated[
        Path | None,
        typer.Option(help="Folder of the search that derived a retrained network: its latencies go on the card."),
    ] = None,
    data_set_param: DataSetParams = None,
    cache_dir: options.CacheDir = options.DEFAULT_CACHE_DIR,
    as_json: options.Json = False,
) -> None:
    """Write the network with its trained weights as ONNX or TFLite: the graph that agents measure, and a model card."""
    with readable_errors():
        written = _format(output, model_format)
        trained = TrainedNetwork.read(run)
        derived_by = _search(search, trained)
        images = load_for(trained, None, data_set_param, cache_dir)
        count = min(calibration_images, len(images.train)) if precision == "int8" else 0
        with image_bar("calibrating", count) as on_images:
            calibration = calibration_batches(images, count, _CALIBRATION_SEED, on_images)
            network = trained.architecture.network()
            content = build_model_file(network, trained.module, written, precision, calibration)
        check = _check(content, written, precision, trained, images, test_images) if test_images else None
        exported = ExportedFile.of(output, content, written, precision, count, check)
        output.parent.mkdir(parents=True, exist_ok=True)
        card = render_model_card(exported, trained, images, run, derived_by)
        write_atomically(exported.card, card.encode())
        write_atomically(output, content)
        if as_json:
            print_json(exported)
        else:
            print_facts(f"{output}", _facts(exported))


def _format(output: Path, asked: ModelFormat | None) -> ModelFormat:
    named = format_of(output)
    if asked not in (None, named):
        raise InvalidInput(f"{output} ends in .{named}, and --format says {asked}: runtimes go by the name")
    return named


def _search(path: Path | None, trained: TrainedNetwork) -> RunFolder | None:
    if path is None:
        return trained.search
    folder = search_of(path)
    if folder is None or folder.architecture != trained.architecture:
        raise InvalidInput(f"{path} is not the folder of the search that derived this network: see its architecture")
    return folder


def _check(
    content: bytes,
    written: ModelFormat,
    precision: ModelPrecision,
    trained: TrainedNetwork,
    images: ImageSet,
    count: int,
) -> ExportCheck:
    tested = some_images(images.test, count, _TEST_SEED)
    with image_bar("comparing file and torch", 2 * len(tested)) as on_images:
        return check_export(open_model(written, content), trained.module, precision, tested, images, on_images)


def _facts(exported: ExportedFile) -> dict[str, str]:
    facts = {
        "written": f"{exported.format}, {exported.precision}, {exported.size_bytes:,} bytes",
        "model card": str(exported.card),
    }
    if exported.check is not None:
        check = exported.check
        facts["accuracy"] = (
            f"{check.accuracy:.2%} of {check.images} test images in {check.runtime}; torch {check.torch_accuracy:.2%}"
        )
        facts["logits"] = f"differ by {check.largest_difference:.2g} at most"
    return facts
