"""The config of a new retraining: options before a file, a file before a preset."""

from pathlib import Path
from typing import Any

from search_client.commands.search_config import told_settings
from search_client.retraining.config import RetrainConfig
from search_client.retraining.presets import preset_of


def make_retrain_config(
    preset: str | None,
    space: str,
    of_search: dict[str, Any],
    file: Path | None,
    options: dict[str, Any],
    assignments: dict[str, Any],
) -> RetrainConfig:
    """Return the config that all of these say together, from the weakest word to the strongest.

    Args:
        preset: A name; None: the file's, or the one that belongs to the space.
        space: Name of the space that the network comes from.
        of_search: What the network's search was set to, as far as that speaks of data sets.
        file: TOML, or the config.json of another retraining.
        options: Settings that have an option of their own.
        assignments: What `--set` says.

    Raises:
        UnknownName: There is no such preset.
        NotFound: There is no such file.
        InvalidInput: The file cannot be read, a setting is unknown or wrong, or two options speak of one.
    """
    told = told_settings(file, options, assignments)
    preset_of_file = told.pop("preset", None)
    return RetrainConfig.checked(**{**preset_of(preset or preset_of_file, space), **of_search, **told})
