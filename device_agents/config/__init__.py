"""The agent's configuration: flags win over the environment, that over a TOML file."""

from device_agents.config.loading import default_files, load_settings
from device_agents.config.settings import AgentSettings, LogFormat

__all__ = ["AgentSettings", "LogFormat", "default_files", "load_settings"]
