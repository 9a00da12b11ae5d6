"""NetworkFolder: the files that a search's folder and a retraining's have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, TypeVar

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError
from safetensors.torch import save
from torch import nn

from latency_service.contract.errors import Conflict, InvalidInput, NotFound
from search_client.architecture import Architecture
from search_client.faults import first_fault
from search_client.training.atomic_file import write_atomically

Model = TypeVar("Model", bound=BaseModel)


class NetworkFolder:
    """The files of a run that ends with a trained network; every one of them is written whole or not at all."""

    _doing: ClassVar[str]

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def architecture(self) -> Architecture:
        """The network."""
        return self._read_model("architecture.json", Architecture)

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def tensorboard(self) -> Path:
        """The folder of TensorBoard's event files."""
        return self.path / "tensorboard"

    @property
    def history(self) -> Path:
        """The weight steps' records."""
        return self.path / "history.jsonl"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from training in the folder; the lock ends with its holder, however that dies.

        Raises:
            Conflict: One does.
        """
        try:
            with FileLock(self.path / "lock", blocking=False):
                yield
        except Timeout:
            raise Conflict(f"another process trains in {self.path}: wait for it, or stop it") from None

    def write_network(self, architecture: Architecture, module: nn.Module) -> None:
        """Store the network and its weights."""
        weights = {name: tensor.contiguous() for name, tensor in module.state_dict().items()}
        write_atomically(self.path / "weights.safetensors", save(weights))
        self._write_model("architecture.json", architecture)

    @property
    def _config_path(self) -> Path:
        return self.path / "config.json"

    def _write_model(self, name: str, model: BaseModel) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / name, model.model_dump_json(indent=2).encode())

    def _read_if_there(self, name: str, model_type: type[Model]) -> Model | None:
        return self._read_model(name, model_type) if (self.path / name).exists() else None

    def _read_model(self, name: str, model_type: type[Model]) -> Model:
        path = self.path / name
        try:
            return model_type.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise NotFound(
                f"{self.path} has no {name}: the {self._doing} has not come that far; go on with --resume"
            ) from None
        except ValidationError as error:
            raise InvalidInput(f"{path} cannot be read: {first_fault(error)}") from error
