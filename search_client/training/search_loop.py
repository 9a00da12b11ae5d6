"""The search itself: warm-up over uniform paths, then alternating weight and architecture steps.

Source: ProxylessNAS, arXiv:1812.00332, section 3.2 and appendix; schedule as released in mit-han-lab/proxylessnas.
Departures: one cosine spans warm-up and search unless `warmup_lr` is set, for at CIFAR's scale neither is long enough
to restart it; a search whose derived network misses its target when the steps are used up settles: it goes on, with an
architecture step every step.
"""

from search_client.derivation import Derivation
from search_client.latency.objective import Objective
from search_client.strategies.base import Strategy
from search_client.training.budget import Budget
from search_client.training.checkpoints import save_checkpoint
from search_client.training.evaluation import make_criterion, weight_step
from search_client.training.progress import Phase, SearchInterrupted, SearchProgress, Watcher
from search_client.training.recorder import Recorder
from search_client.training.run_folder import RunFolder
from search_client.training.schedule import set_lr, supernet_lr
from search_client.training.search_state import SearchState


class SearchLoop:
    """Takes a search from its present step to its last one.

    Args:
        state: Where the search stands; moved on in place.
        strategy: What made the state's supernet, and moves its alphas.
        objective: What the architecture steps make small.
        derivation: Which network the path probabilities speak for.
        folder: Gets the checkpoints.
        recorder: Gets every step.
        watcher: Is told of every step, and may stop the search.
    """

    def __init__(
        self,
        state: SearchState,
        strategy: Strategy,
        objective: Objective,
        derivation: Derivation,
        folder: RunFolder,
        recorder: Recorder,
        watcher: Watcher,
    ) -> None:
        self._config = folder.config
        self._budget = Budget.of(self._config, state.splits)
        self._state = state
        self._strategy = strategy
        self._objective = objective
        self._derivation = derivation
        self._folder = folder
        self._recorder = recorder
        self._watcher = watcher
        self._criterion = make_criterion(self._config)
        self._started_s = watcher.clock_s() - state.seconds

    def run(self) -> None:
        """Search until the last step; the state is stored every now and then, and at the end.

        Raises:
            SearchInterrupted: The watcher asked to stop; the state is stored.
        """
        self._state.supernet.train()
        while not self._is_done():
            self._step()
            stop = self._state.compute.ranks.any(self._watcher.stop_requested())
            if stop or self._state.step % self._config.checkpoint_steps == 0 or self._is_done():
                self._store()
            if stop:
                raise SearchInterrupted

    def _step(self) -> None:
        state, phase = self._state, self._phase()
        lr = supernet_lr(self._config, self._budget, state.step)
        set_lr(state.weight_optimizer, lr)
        self._strategy.draw_path(state.supernet, state.path_generator, self._budget.progress(state.step))
        batch = state.weight_batches.next_batch()
        loss, accuracy = weight_step(state.supernet, batch, self._criterion, state.weight_optimizer, state.compute)
        self._release()
        state.step += 1
        self._recorder.weight_step(state.step, phase, lr, loss, accuracy)
        if self._is_arch_step_due(phase):
            self._arch_step()
        self._tell(phase, loss, accuracy)

    def _phase(self) -> Phase:
        if self._state.step < self._budget.warmup_steps:
            return "warm-up"
        return "search" if self._state.step < self._budget.supernet_steps else "settling"

    def _is_arch_step_due(self, phase: Phase) -> bool:
        searched = self._state.step - self._budget.warmup_steps
        is_turn = searched % self._config.weight_steps_per_arch_step == 0 and searched > self._budget.rest_steps
        return phase == "settling" or (phase == "search" and is_turn)

    def _is_done(self) -> bool:
        settled = self._state.step - self._budget.supernet_steps
        if settled < 0:
            return False
        if settled >= self._config.settle_steps:
            return True
        return self._objective.is_met(self._strategy.derive(self._state.supernet, self._derivation).choices)

    def _arch_step(self) -> None:
        state = self._state
        images, labels = state.compute.on_device(state.alpha_batches.next_batch())
        progress = self._budget.progress(state.step)
        assert progress is not None
        seen = self._strategy.arch_step(
            state.supernet,
            images,
            labels,
            self._objective,
            state.arch_optimizer,
            state.path_generator,
            state.compute,
            progress,
        )
        self._release()
        self._recorder.arch_step(state.step, seen, state.entropy, state.supernet.path_probs())

    def _release(self) -> None:
        if self._state.offload is not None:
            self._state.offload.release()

    def _tell(self, phase: Phase, loss: float, accuracy: float) -> None:
        settled = max(0, self._state.step - self._budget.supernet_steps)
        progress = SearchProgress(
            phase=phase,
            step=self._state.step,
            total_steps=self._budget.total_steps + settled,
            loss=loss,
            accuracy=accuracy,
            expected=self._objective.expected(self._state.supernet.path_probs()),
            derived=self._objective.costs(self._strategy.leading_path(self._state.supernet)),
            entropy=self._state.entropy,
        )
        self._watcher.on_progress(progress)

    def _store(self) -> None:
        self._state.seconds = self._watcher.clock_s() - self._started_s
        self._recorder.flush()
        if self._state.compute.ranks.is_first:
            save_checkpoint(self._folder.checkpoints, self._state.step, self._state.state_dict())
