"""A folder such as a finished search leaves, whose small network has really learnt scikit-learn's digits."""

from pathlib import Path

import torch

from search_client.architecture import Architecture
from search_client.data.batches import BatchLoader
from search_client.data.registry import load_data_set
from search_client.latency.table import LatencyTable
from search_client.modules.derived import build_network
from search_client.spaces.registry import make_space
from search_client.training.evaluation import fine_tune
from search_client.training.result import Promise, SearchResult
from search_client.training.run_folder import RunFolder
from tests.unit.search_client.small_space import table_of
from tests.unit.search_client.training.small_run import board_target, small_config

SPACE = make_space("proxyless-cifar", width_mult=0.25)
#: Kernels of 3, 5 and 7 pixels; where a block can be dropped it is.
CHOICES = (0, 6, 2, 6, 6, 4, 6, 6)
STEPS = 140


def trained_folder(path: Path) -> RunFolder:
    """Train for a few seconds, and leave the folder of a search behind."""
    target_ms = table_of(SPACE).network_ms(SPACE.network(CHOICES))
    config = small_config(
        space_params=dict(SPACE.params),
        targets=(board_target(target_ms),),
        data_set="digits",
        batch_size=32,
        validation_share=0.2,
    )
    folder = RunFolder.create(path, config, [table_of(SPACE).snapshot])
    architecture = Architecture.of(SPACE, CHOICES)
    module = build_network(architecture.network(), torch.Generator().manual_seed(0))
    images = load_data_set("digits", path)
    fine_tune(module, BatchLoader(images.train, images, 32, seed=0), STEPS, config, lambda *_: None)
    folder.write_network(architecture, module)
    folder.write_result(_result(folder, architecture))
    return folder


def _result(folder: RunFolder, architecture: Architecture) -> SearchResult:
    (snapshot,), (target,) = folder.snapshots, folder.config.targets
    table, network = LatencyTable(snapshot), architecture.network()
    promise = Promise(
        device=table.device,
        conditions=table.conditions,
        snapshot_id=table.snapshot_id,
        target_ms=target.target_ms,
        target_met=True,
        predicted_ms=table.network_ms(network),
        predicted_ci_ms=table.network_ci_ms(network),
    )
    return SearchResult(
        space=architecture.space,
        data_set="digits",
        promises=(promise,),
        validation_accuracy=0.875,
        validation_images=288,
        macs=network.macs,
        parameters=network.parameters,
        architecture=architecture,
        seed=0,
        seconds=1.0,
    )
