"""Settings files: what a command's config may be read from, and a text of it that people can start from."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import tomli_w
from pydantic import BaseModel, ValidationError

from latency_service.contract.errors import InvalidInput, NotFound
from search_client.faults import first_fault

Config = TypeVar("Config", bound=BaseModel)

#: How a file says that a setting shall have no value: TOML knows no null.
NONE = "none"


def read_settings(path: Path) -> dict[str, Any]:
    """Return the settings of a TOML file, or of a JSON file such as the config.json of a run; not checked yet.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is neither TOML nor a JSON object.
    """
    try:
        text = path.read_text(encoding="utf-8")
        settings = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}") from None
    except ValueError as error:
        raise InvalidInput(f"{path} cannot be read as {path.suffix.removeprefix('.') or 'toml'}: {error}") from None
    if not isinstance(settings, dict):
        raise InvalidInput(f"{path} holds no settings: a JSON object is needed")
    return {name: _replaced(value, NONE, None) for name, value in settings.items()}


def as_toml(config: BaseModel) -> str:
    """Return a config as a TOML text from which `read_settings` brings it back, whatever a preset says besides."""
    return tomli_w.dumps(_replaced(config.model_dump(mode="json"), None, NONE))


def _replaced(node: Any, old: Any, new: Any) -> Any:
    """Return a tree with one of its values replaced wherever it stands."""
    if isinstance(node, dict):
        return {name: _replaced(value, old, new) for name, value in node.items()}
    if isinstance(node, list):
        return [_replaced(value, old, new) for value in node]
    return new if node == old else node


def checked_config(model: type[Config], noun: str, values: Mapping[str, Any]) -> Config:
    """Return the config of these values.

    Args:
        model: Of what.
        noun: What it configures, for the message.
        values: Settings by name.

    Raises:
        InvalidInput: A value is unknown, missing or out of range; the message says which.
    """
    try:
        return model(**values)
    except ValidationError as error:
        is_unknown = error.errors()[0]["type"] == "extra_forbidden"
        known = f"; known are {', '.join(model.model_fields)}" if is_unknown else ""
        raise InvalidInput(f"{noun} setting {first_fault(error)}{known}") from None
