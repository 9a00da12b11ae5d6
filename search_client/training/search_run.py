"""One run from its folder to its result: search, derive, fine-tune, judge."""

import inspect

import torch
from torch import nn

from latency_service.contract.errors import InvalidInput
from search_client.architecture import Architecture
from search_client.data.batches import BatchLoader
from search_client.data.dataset import ImageSet
from search_client.latency.expected import SupernetLatency
from search_client.latency.losses import LOSSES, LatencyLoss, make_loss
from search_client.latency.table import LatencyTable
from search_client.modules.derived import build_network, inherit_weights
from search_client.spaces.registry import make_space
from search_client.strategies.base import Objective
from search_client.strategies.registry import make_strategy
from search_client.training.budget import Budget
from search_client.training.checkpoints import load_latest_checkpoint
from search_client.training.config import SearchConfig
from search_client.training.evaluation import accuracy_on, fine_tune, make_criterion
from search_client.training.progress import SearchInterrupted, SearchProgress, Watcher
from search_client.training.recorder import Recorder
from search_client.training.result import SearchResult
from search_client.training.run_folder import RunFolder
from search_client.training.search_loop import SearchLoop
from search_client.training.search_state import SearchState, make_splits


class SearchRun:
    """The run of one folder, from the start or from its last checkpoint.

    Args:
        folder: Config and pinned snapshot; gets everything that comes of them.
        image_set: The config's data set.
        watcher: Is told of every step, and may stop the run.

    Raises:
        MissingEntries: The snapshot lacks some of the space's ops.
        InvalidInput: No network of the space can have the target latency, or the images fit neither space nor batch.
    """

    def __init__(self, folder: RunFolder, image_set: ImageSet, watcher: Watcher) -> None:
        self._folder = folder
        self._config = folder.config
        self._image_set = image_set
        self._watcher = watcher
        self._table = LatencyTable(folder.snapshot)
        self._latency = feasible_latency(self._config, self._table, image_set)
        self._strategy = make_strategy(self._config.strategy)
        latency_loss = _make_latency_loss(self._config)
        self._objective = Objective(make_criterion(self._config), self._latency, latency_loss)
        self._state = SearchState(self._config, self._latency.space, image_set, self._strategy, latency_loss)
        self._budget = Budget.of(self._config, self._state.splits)

    def run(self) -> SearchResult:
        """Go on until the result is stored.

        Raises:
            SearchInterrupted: The watcher asked to stop; a later run of the same folder goes on.
        """
        checkpoint = load_latest_checkpoint(self._folder.checkpoints)
        if checkpoint is not None:
            self._state.load_state_dict(checkpoint)
        started_s = self._watcher.clock_s() - self._state.seconds
        with Recorder(self._folder, after_step=self._state.step) as recorder:
            SearchLoop(self._state, self._strategy, self._objective, self._folder, recorder, self._watcher).run()
            architecture = self._strategy.derive(self._state.supernet)
            module = self._fine_tuned(architecture, recorder)
        accuracy = accuracy_on(module, self._state.splits.validation, self._image_set)
        self._folder.write_network(architecture, module)
        result = self._result(architecture, accuracy, self._watcher.clock_s() - started_s)
        self._folder.write_result(result)
        return result

    def _fine_tuned(self, architecture: Architecture, recorder: Recorder) -> nn.Module:
        """Return the derived network, trained on all images that the search used: the architecture stands by now."""
        splits, seed = self._state.splits, self._state.fine_tune_seed
        module = build_network(architecture.network(), torch.Generator().manual_seed(seed))
        inherit_weights(module, self._state.supernet, architecture.choices)
        batches = BatchLoader(splits.weights + splits.alphas, self._image_set, self._config.batch_size, seed)
        module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        step, total_steps = self._state.step, self._state.step + self._budget.fine_tune_steps
        derived_ms = self._latency.path_ms(architecture.choices)

        def on_step(lr: float, loss: float, accuracy: float) -> None:
            nonlocal step
            step += 1
            recorder.weight_step(step, "fine-tuning", lr, loss, accuracy)
            self._watcher.on_progress(
                SearchProgress("fine-tuning", step, total_steps, loss, accuracy, derived_ms, derived_ms, 0.0)
            )
            if self._watcher.stop_requested():
                raise SearchInterrupted

        fine_tune(module, batches, self._budget.fine_tune_steps, self._config, on_step)
        return module

    def _result(self, architecture: Architecture, accuracy: float, seconds: float) -> SearchResult:
        network = architecture.network()
        predicted_ms = self._table.network_ms(network)
        return SearchResult(
            space=self._config.space,
            data_set=self._image_set.name,
            target_ms=self._config.target_ms,
            target_met=self._objective.latency_loss.is_met(predicted_ms),
            predicted_ms=predicted_ms,
            predicted_ci_ms=self._table.network_ci_ms(network),
            validation_accuracy=accuracy,
            validation_images=len(self._state.splits.validation),
            macs=network.macs,
            parameters=network.parameters,
            architecture=architecture,
            snapshot_id=self._table.snapshot_id,
            device=self._table.device,
            runtime=self._table.conditions.runtime,
            conditions=self._table.conditions,
            seed=self._config.seed,
            seconds=seconds,
        )


def feasible_latency(config: SearchConfig, table: LatencyTable, image_set: ImageSet) -> SupernetLatency:
    """Return the latencies that a search would use, after all that can be checked beforehand.

    Raises:
        MissingEntries: The table lacks some of the space's ops.
        UnknownName: There is no such space, strategy or loss.
        InvalidInput: A parameter of theirs is wrong, no network of the space can have the target latency, or the images
            fit neither space nor batch.
    """
    make_strategy(config.strategy)
    _make_latency_loss(config)
    space = make_space(config.space, **config.space_params)
    latency = SupernetLatency(space, table)
    fastest_ms, slowest_ms = latency.range_ms
    if not fastest_ms <= config.target_ms <= slowest_ms:
        raise InvalidInput(
            f"no network of space {space.name!r} takes {config.target_ms:g} ms here: the fastest takes "
            f"{fastest_ms:.4g} ms, the slowest {slowest_ms:.4g} ms; choose a target between them"
        )
    wanted, given = (space.resolution, space.num_classes), (image_set.resolution, image_set.num_classes)
    if wanted != given:
        raise InvalidInput(
            f"space {space.name!r} takes {wanted[0]} pixels and {wanted[1]} classes, but data set {image_set.name!r} "
            f"has {given[0]} pixels and {given[1]} classes; set the space's parameters resolution and num_classes"
        )
    make_splits(config, image_set)
    return latency


def _make_latency_loss(config: SearchConfig) -> LatencyLoss:
    """Return the config's loss; one that aims at a latency aims at the config's target."""
    takes_target = config.loss in LOSSES and "target_ms" in inspect.signature(LOSSES[config.loss]).parameters
    target = {"target_ms": config.target_ms} if takes_target else {}
    return make_loss(config.loss, **{**target, **config.loss_params})
