"""RetrainFolder: one retraining on disk.

config.json           what was asked for, the seed included
architecture.json     the network
history.jsonl         each step: learning rate, loss, accuracy; each epoch: accuracy on what is held out, if anything is
checkpoints/          all that `--resume` needs
lock                  held by the process that trains here
tensorboard/          the same curves for TensorBoard
weights.safetensors   the trained weights, once training has ended: their moving average where there is one
result.json           what it came to
"""

from pathlib import Path

from latency_service.contract.errors import Conflict, NotFound
from search_client.architecture import Architecture
from search_client.retraining.config import RetrainConfig
from search_client.retraining.result import RetrainResult
from search_client.training.network_folder import NetworkFolder


class RetrainFolder(NetworkFolder):
    """The files of one retraining; every one of them is written whole or not at all."""

    _doing = "retraining"

    @classmethod
    def create(cls, path: Path, config: RetrainConfig, architecture: Architecture) -> "RetrainFolder":
        """Start a new retraining.

        Raises:
            Conflict: The folder holds a run already.
        """
        folder = cls(path)
        if folder._config_path.exists():
            raise Conflict(f"{path} holds a run already: go on with --resume, or choose another folder with --output")
        folder._write_model("architecture.json", architecture)
        folder._write_model("config.json", config)  # last: a folder that has a config is a complete run
        return folder

    @classmethod
    def open(cls, path: Path) -> "RetrainFolder":
        """Go on with a retraining.

        Raises:
            NotFound: The folder holds none.
        """
        folder = cls(path)
        if not folder._config_path.exists():
            raise NotFound(
                f"{path} holds no run: it has no config.json; start one with `search-client retrain --output {path}`"
            )
        return folder

    @property
    def config(self) -> RetrainConfig:
        """What was asked for."""
        return self._read_model("config.json", RetrainConfig)

    @property
    def result(self) -> RetrainResult | None:
        """What it came to; None while it has not ended."""
        return self._read_if_there("result.json", RetrainResult)

    def write_result(self, result: RetrainResult) -> None:
        """Store what it came to; the run has ended with this."""
        self._write_model("result.json", result)
