"""`search-client evaluate`: what a run's network, or a file exported of it, is worth on images that it never saw."""

from pathlib import Path
from typing import Annotated, Literal

import torch
import typer
from pydantic import BaseModel

from latency_service.contract.errors import InvalidInput
from search_client.commands import options
from search_client.commands.console import image_bar, print_facts, print_json, readable_errors, stderr
from search_client.commands.data_sets import DataSetParams, load_for
from search_client.data.batches import evaluation_batches
from search_client.data.dataset import ImageSet, LabelledImages
from search_client.export.running import format_of, logits_of, open_model
from search_client.export.samples import some_images
from search_client.scoring import Classifier, classify_all, score
from search_client.trained_network import TrainedNetwork
from search_client.training.evaluation import recalibrate
from search_client.training.search_state import make_splits

Split = Literal["test", "validation"]

_RECALIBRATION_BATCH, _RECALIBRATION_SEED = 64, 0


class Evaluation(BaseModel):
    """What a network is worth.

    Attributes:
        runtime: What ran it, with its version.
        accuracy: Top-1, 0 to 1.
        loss: Mean cross entropy.
        recalibrated_images: Training images over which the batch statistics were gathered anew; 0 leaves the trained.
    """

    runtime: str
    data_set: str
    split: Split
    images: int
    accuracy: float
    loss: float
    recalibrated_images: int


def evaluate(
    run: Annotated[Path, typer.Option(help="Folder of a search or a retraining: its network, trained.")],
    data_set: Annotated[str | None, typer.Option(help="Default: what the network was trained on.")] = None,
    data_set_param: DataSetParams = None,
    split: Annotated[Split, typer.Option(help="The data set's test images, or those its search held out.")] = "test",
    file: Annotated[
        Path | None, typer.Option(help="A file exported of it, in its own runtime; default: the network in torch.")
    ] = None,
    recalibrate_batches: Annotated[
        int,
        typer.Option("--recalibrate", min=0, help="Gather batch statistics anew over so many training batches of 64."),
    ] = 0,
    cache_dir: options.CacheDir = options.DEFAULT_CACHE_DIR,
    as_json: options.Json = False,
) -> None:
    """Measure the accuracy of a network, in torch or as an exported file in its runtime."""
    with readable_errors():
        if file is not None and recalibrate_batches:
            raise InvalidInput("an exported file's batch statistics are folded into its weights: give no --recalibrate")
        trained = TrainedNetwork.read(run)
        image_set = load_for(trained, data_set, data_set_param, cache_dir)
        images = _images(trained, image_set, split)
        with stderr().status("gathering batch statistics"):
            recalibrated = _recalibrated(trained, image_set, recalibrate_batches) if recalibrate_batches else 0
        runtime, classify = (f"torch {torch.__version__}", trained.module) if file is None else _opened(file)
        with image_bar("running images", len(images)) as on_images:
            found = score(*classify_all(classify, images, image_set, on_images))
        evaluation = Evaluation(
            runtime=runtime,
            data_set=image_set.name,
            split=split,
            images=found.images,
            accuracy=found.accuracy,
            loss=found.loss,
            recalibrated_images=recalibrated,
        )
        if as_json:
            print_json(evaluation)
        else:
            _print(file or run, evaluation)


def _images(trained: TrainedNetwork, image_set: ImageSet, split: Split) -> LabelledImages:
    if split == "test":
        return image_set.test
    if trained.search is None or image_set.name != trained.data_set:
        raise InvalidInput("validation images are those that a search held out of its own data set: use --split test")
    return make_splits(trained.search.config, image_set).validation


def _recalibrated(trained: TrainedNetwork, image_set: ImageSet, batches: int) -> int:
    """Recalibrate the module, and return over how many images."""
    images = some_images(_learnt_from(trained, image_set), batches * _RECALIBRATION_BATCH, _RECALIBRATION_SEED)
    recalibrate(trained.module, evaluation_batches(images, image_set, _RECALIBRATION_BATCH))
    trained.module.eval()
    return len(images)


def _learnt_from(trained: TrainedNetwork, image_set: ImageSet) -> LabelledImages:
    """Return training images without those that a search held out: it may be on them that the network is judged."""
    if trained.search is None or image_set.name != trained.data_set:
        return image_set.train
    splits = make_splits(trained.search.config, image_set)
    return splits.weights + splits.alphas


def _opened(file: Path) -> tuple[str, Classifier]:
    session = open_model(format_of(file), file.read_bytes())
    return session.runtime, lambda images: logits_of(session, images)


def _print(subject: Path, evaluation: Evaluation) -> None:
    facts = {
        "accuracy": f"{evaluation.accuracy:.2%} of {evaluation.images} {evaluation.split} images",
        "loss": f"{evaluation.loss:.4f}",
        "ran in": evaluation.runtime,
    }
    if evaluation.recalibrated_images:
        facts["batch statistics"] = f"of {evaluation.recalibrated_images} training images"
    print_facts(f"{subject} on {evaluation.data_set}", facts)
