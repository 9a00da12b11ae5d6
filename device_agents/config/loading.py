"""Loading: where settings are found, and a readable error where they are wrong."""

from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any

from platformdirs import user_config_path
from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, TomlConfigSettingsSource

from device_agents.config.settings import AgentSettings
from latency_service.contract.errors import InvalidInput

_SECRETS = {"key"}
_UNKNOWN = "Extra inputs are not permitted"


def default_files() -> tuple[Path, ...]:
    """Return where a configuration is looked for if none is named; the first that exists is the only one read."""
    return user_config_path("device-agent") / "config.toml", Path("/etc/device-agent.toml")


def load_settings(config_file: Path | None, flags: dict[str, Any]) -> AgentSettings:
    """Return the settings; a flag that is None or empty was not given.

    Args:
        config_file: A TOML file, or None for the first of the default ones that exists.
        flags: Settings by name, as the command line gives them.

    Raises:
        InvalidInput: A value is none that the setting can have; the message names both. Or the file is no TOML.
    """
    file = config_file or next((path for path in default_files() if path.is_file()), None)

    class FromFile(AgentSettings):
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
        return FromFile(**{name: value for name, value in flags.items() if value not in (None, "", ())})
    except ValidationError as error:
        wrong = "; ".join(_sentence(e["loc"], e["msg"], e["input"]) for e in error.errors())
        raise InvalidInput(f"the agent's settings are wrong{f' ({file})' if file else ''}: {wrong}") from None
    except (TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} is no TOML file: {error}") from None


def _sentence(location: tuple[int | str, ...], message: str, value: object) -> str:
    if not location:  # a rule about several settings, which its message names
        return message.removeprefix("Value error, ")
    if message == _UNKNOWN:
        return f"{'.'.join(map(str, location))}: there is no such setting"
    got = "" if _SECRETS & set(location) else f" (got {value!r})"
    return f"{'.'.join(map(str, location))}: {message}{got}"
