"""Configuration: where settings are found, and a readable error where they are wrong."""

import os
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any

from platformdirs import user_config_path
from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, TomlConfigSettingsSource

from latency_service.contract.errors import InvalidInput
from latency_service.settings import Settings

#: Names the file where no flag does.
FILE_VARIABLE = "LATENCY_SERVICE_CONFIG"

_UNKNOWN = "extra_forbidden"


def default_files() -> tuple[Path, ...]:
    """Return where a configuration is looked for if none is named; the first that exists is the only one read."""
    return user_config_path("latency-service") / "config.toml", Path("/etc/latency-service.toml")


def load_settings(config_file: Path | None = None, **flags: Any) -> Settings:
    """Return the settings: flags over the environment over a TOML file; a flag that is None was not given.

    Raises:
        InvalidInput: A value is none that the setting can have; the message names the setting. Or the file is no TOML,
            or not there.
    """
    file = config_file or _file_of_environment() or next(filter(Path.is_file, default_files()), None)
    if file is not None and not file.is_file():
        raise InvalidInput(f"there is no configuration file {file}; --config or {FILE_VARIABLE} names it")

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    try:
        return FromFile(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        wrong = "; ".join(_sentence(e["loc"], e["type"], e["msg"]) for e in error.errors())
        raise InvalidInput(f"the settings are wrong{f' ({file})' if file else ''}: {wrong}") from None
    except (TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} is no TOML file: {error}") from None


def _file_of_environment() -> Path | None:
    name = os.environ.get(FILE_VARIABLE)
    return Path(name) if name else None


def _sentence(location: tuple[int | str, ...], kind: str, message: str) -> str:
    """Return what is wrong with a setting; its value is not repeated, as it may hold a password."""
    if kind == _UNKNOWN:
        message = "there is no such setting"
    return f"{'.'.join(map(str, location))}: {message}"
