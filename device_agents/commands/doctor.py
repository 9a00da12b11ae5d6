"""`device-agent doctor`: what makes this host a bad stopwatch, how to mend it, and its noise floor."""

import os
import sys
from typing import Annotated

import typer
from pydantic_core import to_json

from device_agents.child.launcher import Launcher, make_launcher
from device_agents.child.measuring import probe_runtime
from device_agents.child.orders import MeasureOrder
from device_agents.commands.options import Config, Cores, Json, Runtimes, Threads, settings_from
from device_agents.config import AgentSettings
from device_agents.console import EXIT_ERROR, live_status, print_findings, progress, readable_errors
from device_agents.doctor.checks_noise import judge_noise
from device_agents.doctor.examination import examine
from device_agents.doctor.findings import Finding
from device_agents.doctor.noise import REPEATS, NoiseFloor, NoiseNotMeasured, canonical_jobs, measure_noise
from device_agents.doctor.stand import Stand
from device_agents.host.core_lock import CoresTaken, cores_held
from device_agents.host.cores import allowed_cores, choose_cores, leave_to_child
from device_agents.host.files import HostFiles
from device_agents.host.nvidia import open_nvml
from device_agents.stopwatch.instruments import SystemClock
from latency_service.contract.conditions import Conditions

Quick = Annotated[bool, typer.Option("--quick", help="Only look; do not measure the noise floor.")]
Strict = Annotated[bool, typer.Option("--strict", help=f"Exit with {EXIT_ERROR} if anything is bad.")]


def doctor(
    runtime: Runtimes = None,
    threads: Threads = None,
    cores: Cores = "",
    config: Config = None,
    quick: Quick = False,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Say what makes this host a bad stopwatch and how to mend each, and measure how far two tables of it differ."""
    with readable_errors():
        settings = settings_from(config, runtime, threads, cores)
        allowed = allowed_cores()
        chosen = choose_cores(allowed, settings.cores, settings.threads)
        findings = examine(Stand(HostFiles(), chosen, allowed, _pinning_error(allowed), open_nvml()))
        noise, noise_findings = (None, []) if quick else _noise_floor(settings, chosen, allowed)
    findings = noise_findings + findings
    if as_json:
        typer.echo(to_json({"cores": chosen, "findings": findings, "noise": noise}))
    else:
        print_findings(findings)
    if strict and any(finding.severity == "bad" for finding in findings):
        raise typer.Exit(EXIT_ERROR)


def _pinning_error(allowed: tuple[int, ...]) -> str | None:
    """Try to pin this process to the cores that it has anyway; some containers forbid the call."""
    if sys.platform == "linux":
        try:
            os.sched_setaffinity(0, allowed)
        except OSError as error:
            return f"the kernel refuses to pin this process: {error}"
    return None


def _noise_floor(
    settings: AgentSettings, cores: tuple[int, ...], allowed: tuple[int, ...]
) -> tuple[NoiseFloor | None, list[Finding]]:
    """Measure and judge; what keeps it from being measured is a finding too."""
    launcher = make_launcher(settings.isolation, settings.deadline_s)
    try:
        with cores_held(cores, allowed, settings.lock_dir):
            leave_to_child(cores)
            order = _order(settings, cores, launcher)
            with progress("measuring the noise floor", REPEATS) as on_step:
                noise = measure_noise(launcher, order, SystemClock(), on_step)
    except (NoiseNotMeasured, CoresTaken) as error:
        return None, [_not_measured(str(error))]
    return noise, judge_noise(noise)


def _order(settings: AgentSettings, cores: tuple[int, ...], launcher: Launcher) -> MeasureOrder:
    """Return the order to measure the canonical ops with the first runtime that works."""
    with live_status() as on_status:
        for name in settings.runtimes:
            on_status(f"trying {name}")
            if probe_runtime(launcher, name, settings.runtime_settings).available:
                conditions = Conditions(runtime=name, threads=settings.threads)
                told = settings.runtime_settings
                return MeasureOrder(conditions=conditions, jobs=canonical_jobs(), cores=cores, runtime_settings=told)
    raise NoiseNotMeasured(f"none of {', '.join(settings.runtimes)} works here; `device-agent probe` says why")


def _not_measured(reason: str) -> Finding:
    return Finding(
        name="noise floor",
        severity="warn",
        seen=reason,
        why="So it is not known how far two tables of this host differ.",
        mend="mend that and look again, or leave it out with --quick",
    )
