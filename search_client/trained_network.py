"""TrainedNetwork: the network of a run's folder with the weights that were trained, and what it was trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from latency_service.contract.errors import InvalidInput, NotFound
from search_client.architecture import Architecture
from search_client.faults import first_fault
from search_client.modules.derived import build_network
from search_client.training.run_folder import RunFolder


@dataclass(frozen=True)
class TrainedNetwork:
    """A derived network, trained.

    Attributes:
        module: In evaluation mode.
        data_set: Name of what it was trained on.
        data_set_params: What that was loaded with.
        search: The folder as that of a search; None where the network was retrained elsewhere.
    """

    architecture: Architecture
    module: nn.Sequential
    data_set: str
    data_set_params: Mapping[str, Any]
    search: RunFolder | None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a folder's architecture.json, weights.safetensors and config.json.

        Raises:
            NotFound: One of the files is not there.
            InvalidInput: One of them cannot be read, or the weights are another network's.
        """
        folder = RunFolder(path)
        architecture = folder.architecture
        module = build_network(architecture.network(), torch.Generator())
        _load_weights(module, path / "weights.safetensors")
        config = _read_config(path / "config.json")
        return cls(architecture, module.eval(), config.data_set, config.data_set_params, search_of(path))


def search_of(path: Path) -> RunFolder | None:
    """Return a run's folder as that of a search; None where it is a retraining's, which is pinned to no table."""
    return RunFolder.open(path) if (path / "snapshots").is_dir() else None


class _Config(BaseModel):
    """What the configs of searches and of retrainings have in common."""

    data_set: str
    data_set_params: dict[str, Any] = {}


def _read_config(path: Path) -> _Config:
    try:
        return _Config.model_validate_json(_content(path))
    except ValidationError as error:
        raise InvalidInput(f"{path} does not say what was trained on: {first_fault(error)}") from None


def _load_weights(module: nn.Module, path: Path) -> None:
    try:
        module.load_state_dict(load(_content(path)))
    except (SafetensorError, RuntimeError) as error:
        raise InvalidInput(f"{path} does not hold the weights of architecture.json beside it: {error}") from None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"{path} is not there: the network has not been trained to its end") from None
