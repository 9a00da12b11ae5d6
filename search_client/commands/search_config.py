"""The config of a new search: options before a file, a file before a preset."""

from pathlib import Path
from typing import Any

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import InvalidInput
from search_client.settings_file import NONE, as_toml, read_settings
from search_client.training.config import SearchConfig
from search_client.training.presets import preset_of
from search_client.training.targets import Target

_EXAMPLE = Target(device="my-device", conditions=Conditions(runtime="onnxruntime"), target_ms=10.0)


def make_config(
    preset: str | None, file: Path | None, options: dict[str, Any], assignments: dict[str, Any]
) -> SearchConfig:
    """Return the config that all of these say together.

    Args:
        preset: A name; None: the file's, or the one that belongs to the space.
        file: TOML, or the config.json of another run.
        options: Settings that have an option of their own.
        assignments: What `--set` says.

    Raises:
        UnknownName: There is no such preset.
        NotFound: There is no such file.
        InvalidInput: The file cannot be read, a setting is unknown, missing or wrong, or two options speak of one.
    """
    return _checked(preset, told_settings(file, options, assignments))


def config_text(preset: str | None, file: Path | None, options: dict[str, Any], assignments: dict[str, Any]) -> str:
    """Return the same config as a TOML file to start from, with an example target where none is given.

    Raises:
        UnknownName, NotFound, InvalidInput: As `make_config`.
    """
    told = told_settings(file, options, assignments)
    text = as_toml(_checked(preset, {"targets": (_EXAMPLE,), **told}))
    return text if "targets" in told else f"# The target at the end is an example: put your own device there.\n{text}"


def told_settings(file: Path | None, options: dict[str, Any], assignments: dict[str, Any]) -> dict[str, Any]:
    """Return what was asked for, of which the last word counts: a file's, an option's, then what `--set` says.

    Raises:
        NotFound: There is no such file.
        InvalidInput: The file cannot be read, or two options speak of one setting.
    """
    for name in options.keys() & assignments.keys():
        raise InvalidInput(f"--set {name}=... would change what another option says: use that option")
    said = {name: None if value == NONE else value for name, value in assignments.items()}
    return {**(read_settings(file) if file else {}), **options, **said}


def _checked(preset: str | None, told: dict[str, Any]) -> SearchConfig:
    preset_of_file = told.pop("preset", None)
    return SearchConfig.checked(**{**preset_of(preset or preset_of_file, told.get("space")), **told})
