"""`python -m tests.fake_agent SERVER STATE_DIR`: a real agent over the fake runtime; it can die at a chosen moment."""

import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from device_agents.config import load_settings
from device_agents.console import live_status, readable_errors
from device_agents.supervisor.assembly import run_agent
from tests import fake_child, fake_worker


def main(
    server: str,
    state_dir: Path,
    name: str = "board",
    cores: Annotated[str, typer.Option(help="Cores to measure on, with commas.")] = "",
    max_jobs: Annotated[int, typer.Option(help="Most jobs to borrow at once.")] = 32,
    stopwatch: Annotated[bool, typer.Option(help="Whether children measure, or only answer.")] = True,
    clock_step_s: Annotated[float, typer.Option(help="By how much the calendar of such children jumps.")] = 0.0,
    disk_is_full: Annotated[bool, typer.Option("--disk-is-full", help="None of its files can grow.")] = False,
    dies_at_fsync: Annotated[int, typer.Option(help="SIGKILL instead of the how-manieth fsync; 0: lives.")] = 0,
) -> None:
    """Run an agent until it is asked to stop."""
    if dies_at_fsync:
        os.fsync = _deadly(os.fsync, dies_at_fsync)
    if disk_is_full:
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, most))
    host = {"name": name, "runtimes": ("fake",), "cores": cores}
    flags = {**host, "server": server, "state_dir": state_dir, "max_jobs": max_jobs}
    launcher = fake_worker.launcher() if stopwatch else fake_child.launcher(clock_step_s)
    with readable_errors(), live_status() as on_status:
        run_agent(load_settings(None, flags), launcher, on_status)


def _deadly(fsync: Callable[..., None], at_call: int) -> Callable[..., None]:
    """Return an fsync whose how-manieth call is a power cut: neither it nor anything after it happens."""
    calls = 0

    def call(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == at_call:
            os.kill(os.getpid(), signal.SIGKILL)
        fsync(descriptor)

    return call


if __name__ == "__main__":
    typer.run(main)
