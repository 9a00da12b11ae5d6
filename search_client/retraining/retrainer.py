"""Retrainer: a network trained from scratch, from its folder to its result.

Source: ProxylessNAS, arXiv:1812.00332, section 4: derived networks are trained anew, with a cosine and Nesterov SGD.
"""

from contextlib import nullcontext

from torch import nn

from search_client.compute import make_compute
from search_client.data.dataset import ImageSet
from search_client.distributed import ALONE, Ranks
from search_client.retraining.drop_path import set_rate
from search_client.retraining.folder import RetrainFolder
from search_client.retraining.progress import RetrainInterrupted, RetrainProgress, RetrainWatcher
from search_client.retraining.recorder import RetrainFolderRecorder, RetrainRecorder
from search_client.retraining.result import RetrainResult
from search_client.retraining.schedule import warmed_up_cosine_lr
from search_client.retraining.state import RetrainState
from search_client.training.checkpoints import restore_latest, save_checkpoint
from search_client.training.evaluation import accuracy_on, weight_step
from search_client.training.schedule import set_lr


class Retrainer:
    """The retraining of one folder, from the start or from its last checkpoint.

    Args:
        folder: Config and architecture; gets everything that comes of them.
        image_set: The config's data set.
        watcher: Is told of every step, and may stop the run.
        ranks: The processes that share the work; each makes a Retrainer of the same folder, and the first one writes.

    Raises:
        InvalidInput: The network is not made for these images, they do not fill a batch, or this machine has not the
            processors that the config asks for.
    """

    def __init__(
        self, folder: RetrainFolder, image_set: ImageSet, watcher: RetrainWatcher, ranks: Ranks = ALONE
    ) -> None:
        self._folder = folder
        self._config = config = folder.config
        self._image_set = image_set
        self._watcher = watcher
        self._compute = make_compute(config, ranks)
        self._state = RetrainState(config, folder.architecture, image_set, self._compute)
        self._epoch_steps = len(self._state.train_images) // config.batch_size
        self._total_steps = config.epochs * self._epoch_steps
        self._criterion = nn.CrossEntropyLoss()
        self._validation_accuracy: float | None = None
        self._started_s = 0.0

    def run(self) -> RetrainResult:
        """Go on until the result is stored.

        Raises:
            RetrainInterrupted: The watcher asked to stop; a later run of the same folder goes on.
            InvalidInput: The folder's newest checkpoint cannot be read, or does not fit its config.
            Conflict: Another process trains in the folder.
        """
        with self._folder.locked() if self._compute.ranks.is_first else nullcontext():
            return self._run()

    def _run(self) -> RetrainResult:
        restore_latest(self._folder.checkpoints, self._state)
        self._started_s = self._watcher.clock_s() - self._state.seconds
        is_first = self._compute.ranks.is_first
        with RetrainFolderRecorder(self._folder, self._state.step) if is_first else RetrainRecorder() as recorder:
            while self._state.step < self._total_steps:
                self._step(recorder)
                self._store_or_stop(recorder)
        result = self._result()
        if is_first:
            self._folder.write_network(self._folder.architecture, self._state.judged)
            self._folder.write_result(result)
        return result

    def _step(self, recorder: RetrainRecorder) -> None:
        state, config = self._state, self._config
        lr = warmed_up_cosine_lr(config.lr, state.step, self._total_steps, config.warmup_epochs * self._epoch_steps)
        set_lr(state.optimizer, lr)
        set_rate(state.drop_paths, config.drop_path_rate, state.step, self._total_steps)
        state.module.train()
        loss, accuracy = weight_step(
            state.module, state.next_batch(), self._criterion, state.optimizer, state.compute, config.max_gradient_norm
        )
        if state.average is not None:
            state.average.update_parameters(state.module)
        state.step += 1
        recorder.record(state.step, lr=lr, loss=loss, accuracy=accuracy)
        if state.step % self._epoch_steps == 0:
            self._validate(recorder)
        self._tell(loss, accuracy)

    def _validate(self, recorder: RetrainRecorder) -> None:
        self._validation_accuracy = self._accuracy_on_validation()
        if self._validation_accuracy is not None:
            recorder.record(self._state.step, validation_accuracy=self._validation_accuracy)

    def _accuracy_on_validation(self) -> float | None:
        images = self._state.validation
        return None if images is None else accuracy_on(self._state.judged, images, self._image_set, self._compute)

    def _store_or_stop(self, recorder: RetrainRecorder) -> None:
        state, ranks = self._state, self._compute.ranks
        stop = ranks.any(self._watcher.stop_requested())
        if stop or state.step % self._config.checkpoint_steps == 0 or state.step == self._total_steps:
            state.seconds = self._watcher.clock_s() - self._started_s
            recorder.flush()
            if ranks.is_first:
                save_checkpoint(self._folder.checkpoints, state.step, state.state_dict())
        if stop:
            raise RetrainInterrupted

    def _tell(self, loss: float, accuracy: float) -> None:
        step = self._state.step
        epoch = 1 + (step - 1) // self._epoch_steps
        progress = RetrainProgress(
            step, self._total_steps, epoch, self._config.epochs, loss, accuracy, self._validation_accuracy
        )
        self._watcher.on_progress(progress)

    def _result(self) -> RetrainResult:
        state, architecture = self._state, self._folder.architecture
        network = architecture.network()
        return RetrainResult(
            data_set=self._image_set.name,
            test_accuracy=accuracy_on(state.judged, self._image_set.test, self._image_set, self._compute),
            test_images=len(self._image_set.test),
            validation_accuracy=self._accuracy_on_validation(),
            validation_images=0 if state.validation is None else len(state.validation),
            epochs=self._config.epochs,
            steps=state.step,
            is_average=state.average is not None,
            macs=network.macs,
            parameters=network.parameters,
            architecture=architecture,
            seed=self._config.seed,
            skipped_steps=self._compute.skipped_steps,
            seconds=self._watcher.clock_s() - self._started_s,
        )
