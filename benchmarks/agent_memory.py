"""Agent memory: what a supervisor holds early in its life and many jobs later; it is to run for weeks.

The supervisor is the real one. Its children measure ops of a fake runtime that take no time, and so does the service.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from latency_service.contract.messages import JobId, LeasedJob
from tests.fake_child import INSTANT, op
from tests.fake_service import FakeService, serving
from tests.processes import AgentProcess, start_fake_agent

WARM_JOBS = 1000
BATCH = 250
_STEPS = 10
_DEADLINE_S = 600.0
_POLL_S = 0.02
_DIFFERENT_OPS = 100


@dataclass(frozen=True)
class Footprint:
    """What a supervisor holds after so many jobs."""

    jobs: int
    rss_bytes: int
    open_files: int
    threads: int


def run(console: Console, jobs: int = 10_000) -> None:
    """Print the supervisor's footprint every few jobs, and how it grew after the first thousand."""
    table = Table(title=f"One supervisor, {jobs} jobs in batches of {BATCH}, a child a batch")
    for column in ("jobs", "resident MB", "open files", "threads"):
        table.add_column(column, justify="right")
    with Progress(console=console) as progress:
        task = progress.add_task("jobs", total=jobs)
        found = footprints(milestones(jobs), lambda count: progress.update(task, completed=count))
    for each in found:
        table.add_row(str(each.jobs), f"{each.rss_bytes / 1e6:.1f}", str(each.open_files), str(each.threads))
    console.print(table)
    console.print(f"grown by {(found[-1].rss_bytes - found[0].rss_bytes) / 1e6:+.2f} MB since job {found[0].jobs}")


def milestones(jobs: int) -> tuple[int, ...]:
    """Return the numbers of jobs after which to look: when the agent is warm, and then evenly."""
    warm = min(WARM_JOBS, jobs // 2)
    return tuple(warm + (jobs - warm) * step // _STEPS for step in range(_STEPS + 1))


def footprints(after: tuple[int, ...], on_progress: Callable[[int], None] = lambda count: None) -> list[Footprint]:
    """Run one agent and return its footprints, each at the first idle moment after so many jobs.

    Args:
        after: Numbers of jobs, rising.
        on_progress: Told now and then how many jobs are done.
    """
    with tempfile.TemporaryDirectory() as folder, serving(FakeService()) as service:
        service.batch = BATCH
        with _agent(service.url, Path(folder)) as agent:
            return [_footprint(agent, service, jobs, on_progress) for jobs in after]


@contextmanager
def _agent(server: str, folder: Path) -> Iterator[AgentProcess]:
    agent = start_fake_agent(server, folder, "--max-jobs", str(BATCH))
    try:
        yield agent
    finally:
        agent.kill()


def _footprint(agent: AgentProcess, service: FakeService, jobs: int, on_progress: Callable[[int], None]) -> Footprint:
    _lend(service, jobs)
    deadline = time.monotonic() + _DEADLINE_S
    while len(service.results) < jobs or agent.children():
        if not agent.is_alive or time.monotonic() > deadline:
            raise RuntimeError(f"the agent got no further:\n{agent.log.read_text()[-2000:]}")
        on_progress(len(service.results))
        time.sleep(_POLL_S)
    process = psutil.Process(agent.pid)
    with process.oneshot():
        return Footprint(jobs, process.memory_info().rss, process.num_fds(), process.num_threads())


def _lend(service: FakeService, jobs: int) -> None:
    """Queue what lacks to so many jobs in all."""
    with service.lock:
        numbers = range(len(service.results), jobs)
        service.queue = [
            LeasedJob(job_id=JobId(str(number)), attempt=1, workload=op(INSTANT, number % _DIFFERENT_OPS))
            for number in numbers
        ]
