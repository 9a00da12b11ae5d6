"""`device-agent`: run an agent, measure one workload, or say what this host is and how good a stopwatch."""

from pathlib import Path
from typing import Annotated

import typer

from device_agents.child.launcher import Isolation, make_launcher
from device_agents.commands.doctor import doctor
from device_agents.commands.measure import measure
from device_agents.commands.options import Config, Cores, Threads
from device_agents.commands.probe import probe
from device_agents.config import LogFormat, load_settings
from device_agents.console import live_status, readable_errors
from device_agents.runtimes.registry import make_runtime
from device_agents.supervisor.assembly import run_agent
from device_agents.supervisor.registration import agent_version

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
app.command()(measure)
app.command()(probe)
app.command()(doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(agent_version())
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    """Measure how long operations take on this device."""


@app.command()
def run(
    server: Annotated[
        str | None, typer.Option(help="The latency service's URL; default: http://127.0.0.1:8000.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="Holds the API key, where the service asks for one; default: none.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="This device's name; default: the host's.")] = None,
    runtime: Annotated[list[str] | None, typer.Option(help="Whose jobs to take; default: all that work.")] = None,
    threads: Threads = None,
    cores: Cores = "",
    max_jobs: Annotated[
        int | None, typer.Option(min=1, max=512, help="Most jobs to borrow at once; default: 32.")
    ] = None,
    together: Annotated[
        int | None,
        typer.Option(min=1, max=512, help="Most jobs of this host to measure in the same rounds; default: 32."),
    ] = None,
    state_dir: Annotated[
        Path | None, typer.Option(help="Where results wait for their upload; default: the user's state folder.")
    ] = None,
    status_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve /status on this port of loopback; default: nowhere.")
    ] = None,
    isolation: Annotated[
        Isolation | None, typer.Option(help="Measure in a child process, or (none) in the agent's own.")
    ] = None,
    log_format: Annotated[
        LogFormat | None, typer.Option(help="Log for people (console) or collectors (json); auto asks the terminal.")
    ] = None,
    config: Config = None,
) -> None:
    """Run the agent until SIGTERM or Ctrl-C: the first finishes the batch, a second gives it back."""
    flags = {
        "server": server,
        "key_file": key_file,
        "name": name,
        "runtimes": tuple(runtime or ()),
        "threads": threads,
        "cores": cores,
        "max_jobs": max_jobs,
        "together": together,
        "state_dir": state_dir,
        "status_port": status_port,
        "isolation": isolation,
        "log_format": log_format,
    }
    with readable_errors():
        settings = load_settings(config, flags)
        for runtime_name in settings.runtimes:
            make_runtime(runtime_name)  # an unknown name ends here
        with live_status(settings.log_format) as on_status:
            run_agent(settings, make_launcher(settings.isolation, settings.deadline_s), on_status)
