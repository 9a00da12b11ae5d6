"""One run from its folder to its result: search, derive, fine-tune, judge."""

from contextlib import nullcontext

import torch
from torch import nn

from search_client.architecture import Architecture
from search_client.compute import make_compute
from search_client.data.dataset import ImageSet
from search_client.derivation import make_derivation
from search_client.distributed import ALONE, Ranks
from search_client.latency.objective import Objective
from search_client.latency.table import LatencyTable
from search_client.modules.derived import build_network, inherit_weights
from search_client.modules.synced_batch_norm import synchronise
from search_client.strategies.registry import make_strategy
from search_client.training.budget import Budget
from search_client.training.checkpoints import restore_latest
from search_client.training.evaluation import accuracy_on, fine_tune, make_alpha_criterion
from search_client.training.progress import SearchInterrupted, SearchProgress, Watcher
from search_client.training.promises import cost_promises, latency_promises
from search_client.training.recorder import FolderRecorder, Recorder
from search_client.training.result import SearchResult
from search_client.training.run_folder import RunFolder
from search_client.training.search_loop import SearchLoop
from search_client.training.search_state import SearchState, make_batches
from search_client.training.terms import feasible_terms


class SearchRun:
    """The run of one folder, from the start or from its last checkpoint.

    Args:
        folder: Config and pinned snapshot; gets everything that comes of them.
        image_set: The config's data set.
        watcher: Is told of every step, and may stop the run.
        ranks: The processes that share the work; each makes a SearchRun of the same folder, and the first one writes.

    Raises:
        NotAdditive: The snapshot's sums do not tell what networks take, and the config does not accept that.
        MissingEntries: The snapshot lacks some of the space's ops.
        InvalidInput: No network of the space can have a target latency, the images fit neither space nor batch, or this
            machine has not the processors that the config asks for.
    """

    def __init__(self, folder: RunFolder, image_set: ImageSet, watcher: Watcher, ranks: Ranks = ALONE) -> None:
        self._folder = folder
        self._config = folder.config
        self._image_set = image_set
        self._watcher = watcher
        self._tables = tuple(map(LatencyTable, folder.snapshots))
        terms = feasible_terms(self._config, (*self._tables, *folder.cost_tables), image_set)
        self._strategy = make_strategy(self._config.strategy, **self._config.strategy_params)
        self._objective = Objective(make_alpha_criterion(self._config), terms, self._config.combination)
        self._derivation = make_derivation(self._config.derivation, terms, self._config.combination)
        self._compute = make_compute(self._config, ranks)
        self._state = SearchState(
            self._config, terms[0].cost.space, image_set, self._strategy, self._objective, self._compute
        )
        self._budget = Budget.of(self._config, self._state.splits)

    def run(self) -> SearchResult:
        """Go on until the result is stored.

        Raises:
            SearchInterrupted: The watcher asked to stop; a later run of the same folder goes on.
            InvalidInput: The folder's newest checkpoint cannot be read, or does not fit its config.
            Conflict: Another process trains in the folder.
        """
        with self._folder.locked() if self._compute.ranks.is_first else nullcontext():
            return self._run()

    def _run(self) -> SearchResult:
        restore_latest(self._folder.checkpoints, self._state)
        started_s = self._watcher.clock_s() - self._state.seconds
        is_first = self._compute.ranks.is_first
        with FolderRecorder(self._folder, after_step=self._state.step) if is_first else Recorder() as recorder:
            loop = SearchLoop(
                self._state, self._strategy, self._objective, self._derivation, self._folder, recorder, self._watcher
            )
            loop.run()
            architecture = self._strategy.derive(self._state.supernet, self._derivation)
            module = self._fine_tuned(architecture, recorder)
        accuracy = accuracy_on(module, self._state.splits.validation, self._image_set, self._compute)
        result = self._result(architecture, accuracy, self._watcher.clock_s() - started_s)
        if is_first:
            self._folder.write_network(architecture, module)
            self._folder.write_result(result)
        return result

    def _fine_tuned(self, architecture: Architecture, recorder: Recorder) -> nn.Module:
        """Return the derived network, trained on all images that the search used: the architecture stands by now."""
        splits, seed = self._state.splits, self._state.fine_tune_seed
        module = build_network(architecture.network(), torch.Generator().manual_seed(seed))
        inherit_weights(module, self._state.supernet, architecture.choices)
        batches = make_batches(self._config, splits.weights + splits.alphas, self._image_set, seed, self._compute)
        if self._config.sync_batch_norm and self._compute.ranks.is_led:
            synchronise(module, self._compute.ranks)
        self._compute.place(module)
        step, total_steps = self._state.step, self._state.step + self._budget.fine_tune_steps
        costs = self._objective.costs(architecture.choices)

        def on_step(lr: float, loss: float, accuracy: float) -> None:
            nonlocal step
            step += 1
            recorder.weight_step(step, "fine-tuning", lr, loss, accuracy)
            self._watcher.on_progress(
                SearchProgress("fine-tuning", step, total_steps, loss, accuracy, costs, costs, 0.0)
            )
            if self._compute.ranks.any(self._watcher.stop_requested()):
                raise SearchInterrupted

        fine_tune(module, batches, self._budget.fine_tune_steps, self._config, on_step, self._compute)
        return module

    def _result(self, architecture: Architecture, accuracy: float, seconds: float) -> SearchResult:
        network = architecture.network()
        return SearchResult(
            space=self._config.space,
            data_set=self._image_set.name,
            promises=latency_promises(self._tables, self._objective, architecture),
            costs=cost_promises(len(self._tables), self._objective, architecture),
            validation_accuracy=accuracy,
            validation_images=len(self._state.splits.validation),
            macs=network.macs,
            parameters=network.parameters,
            architecture=architecture,
            seed=self._config.seed,
            skipped_steps=self._compute.skipped_steps,
            seconds=seconds,
        )
