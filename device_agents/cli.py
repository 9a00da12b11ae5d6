"""`device-agent`: run an agent, measure one workload, or say what this host is."""

import re
from pathlib import Path
from typing import Annotated

import typer
from pydantic_core import to_json

from device_agents.assembly import run_agent
from device_agents.child import ChildLauncher
from device_agents.config import AgentSettings, load_settings
from device_agents.console import live_status, print_measurement, print_probe, readable_errors
from device_agents.cores import allowed_cores, choose_cores, leave_to_child
from device_agents.environment import describe_device, read_state
from device_agents.host_files import HostFiles
from device_agents.measuring import measure_jobs
from device_agents.orders import MeasureOrder
from device_agents.registration import agent_version, probe_runtimes
from device_agents.runtimes.registry import make_runtime, runtime_names
from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import LatencyError
from latency_service.contract.keys import EXAMPLE_KEY, parse_key
from latency_service.contract.measurement import Measurement
from latency_service.contract.messages import JobId, LeasedJob
from latency_service.contract.named_networks import named_network, network_names
from latency_service.contract.network import Workload, workload_key

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

_WORKLOADS = f"An op key such as {EXAMPLE_KEY}, or a network: {', '.join(network_names())}."

Cores = Annotated[str, typer.Option(help="Cores to measure on, with commas; default: the last ones allowed.")]
Threads = Annotated[int | None, typer.Option(min=1, max=1024, help="Most threads a job may use; default: 1.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class NotMeasured(LatencyError):
    """The workload could not be measured; the message says why."""

    code = "not_measured"


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
    name: Annotated[str | None, typer.Option(help="This device's name; default: the host's.")] = None,
    runtime: Annotated[list[str] | None, typer.Option(help="Whose jobs to take; default: all that work.")] = None,
    threads: Threads = None,
    cores: Cores = "",
    state_dir: Annotated[
        Path | None, typer.Option(help="Where results wait for their upload; default: the user's state folder.")
    ] = None,
    config: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A TOML file of settings.")] = None,
) -> None:
    """Run the agent until SIGTERM or Ctrl-C: the first finishes the batch, a second gives it back."""
    flags = {
        "server": server,
        "name": name,
        "runtimes": tuple(runtime or ()),
        "threads": threads,
        "cores": cores,
        "state_dir": state_dir,
    }
    with readable_errors(), live_status() as on_status:
        settings = load_settings(config, flags)
        for runtime_name in settings.runtimes:
            make_runtime(runtime_name)  # an unknown name ends here
        run_agent(settings, ChildLauncher(settings.deadline_s), on_status)


@app.command()
def measure(
    workload: Annotated[str, typer.Argument(help=_WORKLOADS)],
    runtime: Annotated[str, typer.Option(help=f"One of {', '.join(runtime_names())}.")],
    threads: Annotated[int, typer.Option(min=1, max=1024, help="Threads, each on a core of its own.")] = 1,
    batch_size: Annotated[int, typer.Option(min=1, max=4096, help="Images a run.")] = 1,
    cores: Cores = "",
    as_json: Json = False,
) -> None:
    """Measure one workload here and now; no service is needed."""
    with readable_errors():
        make_runtime(runtime)
        subject = _workload(workload)
        conditions = Conditions(runtime=runtime, threads=threads, batch_size=batch_size)
        with live_status() as on_status:
            on_status(f"measuring {workload}")
            measurement = _measure_here(subject, conditions, load_settings(None, {"threads": threads, "cores": cores}))
        if as_json:
            answer = {"workload": workload_key(subject), "conditions": conditions, "measurement": measurement}
            typer.echo(to_json(answer))
        else:
            print_measurement(workload_key(subject), conditions, measurement)


@app.command()
def probe(
    runtime: Annotated[list[str] | None, typer.Option(help="Which runtimes to try; default: all.")] = None,
    as_json: Json = False,
) -> None:
    """Say what this host is, and which runtimes work on it or why they do not."""
    with readable_errors(), live_status() as on_status:
        on_status("looking at the runtimes of this host")
        settings = load_settings(None, {"runtimes": tuple(runtime or ())})
        for name in settings.runtimes:
            make_runtime(name)
        cores = choose_cores(allowed_cores(), settings.cores, settings.threads)
        statuses = probe_runtimes(ChildLauncher(settings.deadline_s), settings.runtimes)
        state, description = read_state(HostFiles(), cores), describe_device(HostFiles(), statuses)
    if as_json:
        typer.echo(to_json({"description": description, "fingerprint": state.fingerprint, "facts": state.facts}))
    else:
        print_probe(description, state, statuses)


def _workload(text: str) -> Workload:
    return parse_key(text) if re.match(r"v\d+-", text) else named_network(text)


def _measure_here(workload: Workload, conditions: Conditions, settings: AgentSettings) -> Measurement:
    cores = choose_cores(allowed_cores(), settings.cores, conditions.threads)
    leave_to_child(cores)
    job = LeasedJob(job_id=JobId("here"), attempt=1, workload=workload)
    order = MeasureOrder(conditions=conditions, jobs=(job,), cores=cores)
    (result,) = measure_jobs(ChildLauncher(settings.deadline_s), order)
    if result.failure is not None:
        raise NotMeasured(f"not measured ({result.failure.error_class}): {result.failure.message}")
    assert result.measurement is not None
    return result.measurement
