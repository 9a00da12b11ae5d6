"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from device_agents.config import AgentSettings, load_settings
from device_agents.runtimes.registry import make_runtime

Cores = Annotated[str, typer.Option(help="Cores to measure on, with commas; default: the last ones allowed.")]
Threads = Annotated[int | None, typer.Option(min=1, max=1024, help="Most threads a job may use; default: 1.")]
Runtimes = Annotated[list[str] | None, typer.Option("--runtime", help="Which runtimes to try; default: all.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Config = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="A TOML file of settings; default: the user's, or that in /etc."),
]


def settings_from(config: Path | None, runtimes: list[str] | None, threads: int | None, cores: str) -> AgentSettings:
    """Return the settings that a command which only looks at devices needs.

    Raises:
        InvalidInput: A setting is wrong.
        UnknownName: No runtime has one of the names.
    """
    settings = load_settings(config, {"runtimes": tuple(runtimes or ()), "threads": threads, "cores": cores})
    for name in settings.runtimes:
        make_runtime(name)  # an unknown name ends here
    return settings
