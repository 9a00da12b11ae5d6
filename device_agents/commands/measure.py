"""`device-agent measure`: one workload, here and now, on this host or on a phone; no service is needed."""

import re
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_core import to_json

from device_agents.child.launcher import Launcher, make_launcher
from device_agents.child.measuring import measure_jobs
from device_agents.child.orders import MeasureOrder
from device_agents.commands.options import Config, Cores, Json
from device_agents.config import AgentSettings, load_settings
from device_agents.console import live_status, print_measurement, readable_errors
from device_agents.devices.base import MeasuredDevice
from device_agents.runtimes.registry import make_runtime, runtime_names
from device_agents.runtimes.settings import PhoneSettings
from device_agents.supervisor.assembly import held_devices
from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import InvalidInput, LatencyError
from latency_service.contract.keys import EXAMPLE_KEY, parse_key
from latency_service.contract.measurement import Measurement
from latency_service.contract.messages import JobId, LeasedJob
from latency_service.contract.named_networks import named_network, network_names
from latency_service.contract.network import Workload, workload_key

_WORKLOADS = f"An op key such as {EXAMPLE_KEY}, or a network: {', '.join(network_names())}."
_RUNTIMES = f"One of {', '.join(runtime_names())}; default on a phone: adb."

MoreConditions = Annotated[
    list[str] | None,
    typer.Option("--condition", help="Any other condition, such as precision=int8 or backend=gpu; repeatable."),
]
Phone = Annotated[str | None, typer.Option(help="Measure on this phone: its name in the settings, or its serial.")]
Tool = Annotated[
    Path | None,
    typer.Option("--benchmark-model", exists=True, dir_okay=False, help="TFLite's benchmark_model for the phone."),
]
Mask = Annotated[str | None, typer.Option("--taskset-mask", help="The phone's cores to measure on, hexadecimal.")]


class NotMeasured(LatencyError):
    """The workload could not be measured; the message says why."""

    code = "not_measured"


def measure(
    workload: Annotated[str, typer.Argument(help=_WORKLOADS)],
    runtime: Annotated[str | None, typer.Option(help=_RUNTIMES)] = None,
    threads: Annotated[int, typer.Option(min=1, max=1024, help="Threads, each on a core of its own.")] = 1,
    batch_size: Annotated[int, typer.Option(min=1, max=4096, help="Images a run.")] = 1,
    condition: MoreConditions = None,
    cores: Cores = "",
    phone: Phone = None,
    benchmark_model: Tool = None,
    taskset_mask: Mask = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Measure one workload here and now, on this host or on a phone; no service is needed."""
    with readable_errors():
        if phone is None and (benchmark_model or taskset_mask):
            raise InvalidInput("--benchmark-model and --taskset-mask say how to measure on a phone: add --phone")
        conditions = _conditions(runtime or ("adb" if phone else None), threads, batch_size, condition)
        _refuse_elsewhere(conditions.runtime, phone)
        subject = parse_key(workload) if re.match(r"v\d+-", workload) else named_network(workload)
        settings = load_settings(config, {"threads": conditions.threads, "cores": cores})
        if phone is None:
            changes = {"host": True, "phones": ()}
        else:
            changes = {"host": False, "phones": (_phone(settings, phone, benchmark_model, taskset_mask),)}
        with live_status() as on_status, held_devices(settings.model_copy(update=changes)) as (device,):
            on_status(f"measuring {workload}")
            launcher = make_launcher(settings.isolation, settings.deadline_s)
            measurement = _measure_on(device, subject, conditions, launcher)
        if as_json:
            answer = {"workload": workload_key(subject), "conditions": conditions, "measurement": measurement}
            typer.echo(to_json(answer))
        else:
            print_measurement(workload_key(subject), conditions, measurement)


def _conditions(runtime: str | None, threads: int, batch_size: int, more: list[str] | None) -> Conditions:
    given = {"runtime": runtime, "threads": threads, "batch_size": batch_size, **_pairs(more or [])}
    if given["runtime"] is None:
        raise InvalidInput(f"--runtime is missing; known are {', '.join(runtime_names())}")
    make_runtime(str(given["runtime"]))  # an unknown name ends here
    try:
        return Conditions.model_validate(given)
    except ValidationError as error:
        raise InvalidInput(f"these conditions cannot be: {_faults(error)}") from None


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = {name: value for name, is_given, value in (text.partition("=") for text in texts) if is_given}
    if wrong := [text for text in texts if "=" not in text]:
        raise InvalidInput(f"--condition takes NAME=VALUE, such as precision=int8, and {wrong[0]!r} was given")
    if unknown := pairs.keys() - Conditions.model_fields.keys():
        known = ", ".join(Conditions.model_fields)
        raise InvalidInput(f"no condition is called {', '.join(sorted(unknown))}; known are {known}")
    return pairs


def _refuse_elsewhere(runtime: str, phone: str | None) -> None:
    """A timing of this host must not pass for the phone's."""
    if phone is not None and runtime != "adb":
        raise InvalidInput(f"a phone is measured with the runtime adb, and {runtime} was asked for with --phone")
    if phone is None and runtime == "adb":
        raise InvalidInput("the runtime adb measures on a phone: say on which, with --phone")


def _faults(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())


def _phone(settings: AgentSettings, wanted: str, tool: Path | None, mask: str | None) -> PhoneSettings:
    """Return a phone of the settings, with what was given changed; or one that is not among them."""
    given = {"benchmark_model": tool, "taskset_mask": mask}
    changes = {name: value for name, value in given.items() if value is not None}
    known = next((phone for phone in settings.phones if wanted in (phone.name, phone.serial)), None)
    if known is None and tool is None:
        names = ", ".join(phone.name for phone in settings.phones) or "none"
        raise InvalidInput(f"no phone is called {wanted!r} in the settings ({names}); for another: --benchmark-model")
    described = known.model_dump() if known else {"serial": wanted, "name": "phone"}
    try:
        return PhoneSettings.model_validate(described | changes)
    except ValidationError as error:
        raise InvalidInput(f"that phone cannot be: {_faults(error)}") from None


def _measure_on(device: MeasuredDevice, workload: Workload, conditions: Conditions, launcher: Launcher) -> Measurement:
    order = MeasureOrder(
        conditions=conditions,
        jobs=(LeasedJob(job_id=JobId("here"), attempt=1, workload=workload),),
        cores=device.cores[-conditions.threads :],
        rules=device.rules,
        runtime_settings=device.runtime_settings,
    )
    (result,) = measure_jobs(launcher, order)
    if result.failure is not None:
        raise NotMeasured(f"not measured ({result.failure.error_class}): {result.failure.message}")
    assert result.measurement is not None
    return result.measurement
