"""Checkpoints: the whole state of a search, tensors as safetensors and the rest as JSON; never pickled.

A checkpoint is a folder `<step>` that holds `tensors.safetensors` and `state.json`; it appears under its name only when
both are complete.
"""

import json
import shutil
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from latency_service.contract.errors import InvalidInput
from search_client.training.atomic_file import write_atomically

KEPT_CHECKPOINTS = 2
#: Grows whenever a state is stored in another way.
FORMAT = 1

_TENSORS, _STATE = "tensors.safetensors", "state.json"
_TENSOR_MARK, _ITEMS_MARK = "$tensor", "$items"


class Stateful(Protocol):
    """What can be brought back to where it was."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        ...


def save_checkpoint(folder: Path, step: int, state: dict[str, Any]) -> None:
    """Write a checkpoint, and remove all but the last two.

    Args:
        folder: Of all checkpoints of a run; made where it is not there.
        step: Names the checkpoint.
        state: Nested dicts, lists and tuples (they come back as lists) of tensors and JSON values; keys: str or int.
    """
    final = folder / f"{step:08d}"
    partial = folder / f"{final.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    tensors: dict[str, torch.Tensor] = {}
    tree = _take_tensors(state, "", tensors)
    write_atomically(partial / _TENSORS, save(tensors))
    write_atomically(partial / _STATE, json.dumps({"format": FORMAT, "state": tree}).encode())
    shutil.rmtree(final, ignore_errors=True)
    partial.replace(final)
    for old in _complete(folder)[:-KEPT_CHECKPOINTS]:
        shutil.rmtree(old)


def load_latest_checkpoint(folder: Path) -> dict[str, Any] | None:
    """Return the state of the newest complete checkpoint, or None where there is none.

    Raises:
        InvalidInput: It cannot be read, or is of another version.
    """
    complete = _complete(folder)
    if not complete:
        return None
    try:
        stored = json.loads((complete[-1] / _STATE).read_bytes())
        tensors = load_file(complete[-1] / _TENSORS)
        found = stored.get("format")
        state: dict[str, Any] = _put_tensors(stored.get("state"), tensors)
    except (OSError, ValueError, KeyError, AttributeError, SafetensorError) as error:
        raise InvalidInput(
            f"the checkpoint {complete[-1]} cannot be read ({error}); remove it to go on from the one before"
        ) from error
    if found != FORMAT:
        raise InvalidInput(
            f"the checkpoint {complete[-1]} has format {found}, and this version reads format {FORMAT}: go on with the "
            "version that wrote it"
        )
    return state


def restore_latest(folder: Path, state: Stateful) -> None:
    """Bring a state to where the newest complete checkpoint was taken; leave it as it is where there is none.

    Raises:
        InvalidInput: The checkpoint cannot be read, or belongs to another run than this.
    """
    stored = load_latest_checkpoint(folder)
    if stored is None:
        return
    try:
        state.load_state_dict(stored)
    except (KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        reason = next(iter(str(error).splitlines()), "")
        raise InvalidInput(
            f"the newest checkpoint in {folder} does not fit the run's settings ({type(error).__name__}: {reason}): "
            "give config.json back what the run was started with, or start another run"
        ) from error


def _complete(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.name.isdigit())


def _take_tensors(node: Any, path: str, tensors: dict[str, torch.Tensor]) -> Any:
    """Return the tree with its tensors replaced by marks, and put the tensors under their paths."""
    if isinstance(node, torch.Tensor):
        tensors[path] = node.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {_TENSOR_MARK: path}
    if isinstance(node, dict):
        items = [(key, _take_tensors(value, f"{path}/{key}", tensors)) for key, value in node.items()]
        return dict(items) if all(isinstance(key, str) for key in node) else {_ITEMS_MARK: items}
    if isinstance(node, list | tuple):
        return [_take_tensors(value, f"{path}/{index}", tensors) for index, value in enumerate(node)]
    return node


def _put_tensors(node: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(node, list):
        return [_put_tensors(value, tensors) for value in node]
    if not isinstance(node, dict):
        return node
    if _TENSOR_MARK in node:
        return tensors[node[_TENSOR_MARK]]
    if _ITEMS_MARK in node:
        return {key: _put_tensors(value, tensors) for key, value in node[_ITEMS_MARK]}
    return {key: _put_tensors(value, tensors) for key, value in node.items()}
