"""One run from its folder to its result: search, derive, fine-tune, judge."""

from collections.abc import Sequence

import torch
from torch import nn

from latency_service.contract.errors import InvalidInput
from latency_service.contract.network import NetworkSpec
from search_client.architecture import Architecture
from search_client.data.batches import BatchLoader
from search_client.data.dataset import ImageSet
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.registry import make_loss
from search_client.latency.objective import CostTerm, Objective
from search_client.latency.table import LatencyTable
from search_client.modules.derived import build_network, inherit_weights
from search_client.spaces.registry import make_space
from search_client.spaces.space import SearchSpace
from search_client.strategies.registry import make_strategy
from search_client.training.budget import Budget
from search_client.training.checkpoints import load_latest_checkpoint
from search_client.training.config import SearchConfig, Target
from search_client.training.evaluation import accuracy_on, fine_tune, make_criterion
from search_client.training.progress import SearchInterrupted, SearchProgress, Watcher
from search_client.training.recorder import Recorder
from search_client.training.result import Promise, SearchResult
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
        InvalidInput: No network of the space can have a target latency, or the images fit neither space nor batch.
    """

    def __init__(self, folder: RunFolder, image_set: ImageSet, watcher: Watcher) -> None:
        self._folder = folder
        self._config = folder.config
        self._image_set = image_set
        self._watcher = watcher
        self._tables = tuple(map(LatencyTable, folder.snapshots))
        terms = feasible_terms(self._config, self._tables, image_set)
        self._strategy = make_strategy(self._config.strategy, **self._config.strategy_params)
        self._objective = Objective(make_criterion(self._config), terms, self._config.combination)
        self._state = SearchState(self._config, terms[0].cost.space, image_set, self._strategy, self._objective)
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
        costs = self._objective.costs(architecture.choices)

        def on_step(lr: float, loss: float, accuracy: float) -> None:
            nonlocal step
            step += 1
            recorder.weight_step(step, "fine-tuning", lr, loss, accuracy)
            self._watcher.on_progress(
                SearchProgress("fine-tuning", step, total_steps, loss, accuracy, costs, costs, 0.0)
            )
            if self._watcher.stop_requested():
                raise SearchInterrupted

        fine_tune(module, batches, self._budget.fine_tune_steps, self._config, on_step)
        return module

    def _result(self, architecture: Architecture, accuracy: float, seconds: float) -> SearchResult:
        network = architecture.network()
        return SearchResult(
            space=self._config.space,
            data_set=self._image_set.name,
            promises=self._promises(network),
            validation_accuracy=accuracy,
            validation_images=len(self._state.splits.validation),
            macs=network.macs,
            parameters=network.parameters,
            architecture=architecture,
            seed=self._config.seed,
            seconds=seconds,
        )

    def _promises(self, network: NetworkSpec) -> tuple[Promise, ...]:
        return tuple(
            Promise(
                device=table.device,
                conditions=table.conditions,
                snapshot_id=table.snapshot_id,
                target_ms=term.target,
                target_met=term.loss.is_met(table.network_ms(network)),
                predicted_ms=table.network_ms(network),
                predicted_ci_ms=table.network_ci_ms(network),
            )
            for table, term in zip(self._tables, self._objective.terms, strict=True)
        )


def feasible_terms(config: SearchConfig, tables: Sequence[LatencyTable], image_set: ImageSet) -> tuple[CostTerm, ...]:
    """Return what a search would hold its network's costs against, after all that can be checked beforehand.

    Args:
        config: The search.
        tables: Of each of its targets.
        image_set: Its data set.

    Raises:
        MissingEntries: A table lacks some of the space's ops.
        UnknownName: There is no such space, strategy or loss.
        InvalidInput: A parameter of theirs is wrong, no network of the space can have a target latency, or the images
            fit neither space nor batch.
    """
    make_strategy(config.strategy, **config.strategy_params)
    space = make_space(config.space, **config.space_params)
    terms = tuple(_term(config, target, space, table) for target, table in zip(config.targets, tables, strict=True))
    wanted, given = (space.resolution, space.num_classes), (image_set.resolution, image_set.num_classes)
    if wanted != given:
        raise InvalidInput(
            f"space {space.name!r} takes {wanted[0]} pixels and {wanted[1]} classes, but data set {image_set.name!r} "
            f"has {given[0]} pixels and {given[1]} classes; set the space's parameters resolution and num_classes"
        )
    make_splits(config, image_set)
    return terms


def _term(config: SearchConfig, target: Target, space: SearchSpace, table: LatencyTable) -> CostTerm:
    cost = SupernetCost(space, table)
    fastest_ms, slowest_ms = cost.range
    if not fastest_ms <= target.target_ms <= slowest_ms:
        raise InvalidInput(
            f"no network of space {space.name!r} takes {target.target_ms:g} ms on {target.label}: the fastest takes "
            f"{fastest_ms:.4g} ms, the slowest {slowest_ms:.4g} ms; choose a target between them"
        )
    loss = make_loss(config.loss, target=target.target_ms, **config.loss_params)
    return CostTerm(target.label, cost, target.target_ms, loss, target.weight)
