"""AgentSettings: how this agent is to run. Flags win over the environment, that over a TOML file."""

import re
import socket
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Any

from platformdirs import user_state_path
from pydantic import Field, HttpUrl, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from device_agents.runtimes.registry import runtime_names
from latency_service.contract.conditions import RuntimeName
from latency_service.contract.device import DeviceName
from latency_service.contract.errors import InvalidInput


def _host_name() -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname()).lstrip("._-")[:64] or "device"


class AgentSettings(BaseSettings):
    """The agent's settings; `DEVICE_AGENT_SERVER` and so on in the environment, lists there with commas.

    Attributes:
        server: The latency service's URL.
        name: The device's name in the service.
        runtimes: Whose jobs to take.
        threads: Jobs with more threads than this are left to others.
        cores: The cores to measure on; empty: the last ones of those allowed.
        state_dir: Where results wait for their upload; one folder a device name in it.
        deadline_s: A measuring child that gives no sign of life for so long is killed.
        max_jobs: Most jobs to borrow at once.
    """

    model_config = SettingsConfigDict(env_prefix="DEVICE_AGENT_", frozen=True, extra="forbid")

    server: HttpUrl = HttpUrl("http://127.0.0.1:8000")
    name: DeviceName = Field(default_factory=_host_name)
    runtimes: Annotated[tuple[RuntimeName, ...], NoDecode] = Field(default_factory=runtime_names, min_length=1)
    threads: int = Field(default=1, ge=1, le=1024)
    cores: Annotated[tuple[int, ...], NoDecode] = ()
    state_dir: Path = Field(default_factory=lambda: user_state_path("device-agent"))
    deadline_s: float = Field(default=120.0, gt=0)
    max_jobs: int = Field(default=32, ge=1, le=512)

    @field_validator("runtimes", "cores", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def spool_dir(self) -> Path:
        """Where this device's results wait."""
        return self.state_dir / self.name / "spool"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, the strongest first."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(config_file: Path | None, flags: dict[str, Any]) -> AgentSettings:
    """Return the settings; a flag that is None or empty was not given.

    Raises:
        InvalidInput: A value is none that the setting can have; the message names both. Or the file is no TOML.
    """

    class FromFile(AgentSettings):
        model_config = SettingsConfigDict(toml_file=config_file)

    try:
        return FromFile(**{name: value for name, value in flags.items() if value})
    except ValidationError as error:
        wrong = "; ".join(f"{_path(e['loc'])}: {e['msg']} (got {e['input']!r})" for e in error.errors())
        raise InvalidInput(f"the agent's settings are wrong: {wrong}") from None
    except (TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{config_file} is no TOML file: {error}") from None


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location))
