"""Time to table: every op of a space measured by two fresh processes; how long it took, and how far the two agree.

The second session stands beside the first in one run: the ratio of its median to the first's, an op at a time, raw and
with the sessions' common factor (the machine's speed) taken out.
"""

import statistics
import time
from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.progress import track
from rich.table import Table

from device_agents.child import ChildLauncher
from device_agents.cores import allowed_cores, choose_cores, leave_to_child
from device_agents.measuring import measure_jobs
from device_agents.orders import MeasureOrder
from latency_service.contract.conditions import Conditions
from latency_service.contract.messages import JobId, JobResult, LeasedJob
from latency_service.contract.ops import OpSpec
from latency_service.contract.summary import quantile
from search_client.spaces.registry import make_space

BATCH = 32
DEADLINE_S = 120.0


def run(space_name: str, runtimes: tuple[str, ...], console: Console) -> None:
    """Print the table of a space on this machine, a row a runtime."""
    ops = make_space(space_name).ops()
    table = Table(title=f"{space_name}: {len(ops)} ops, one core, two fresh sessions")
    for column in ("runtime", "seconds", "ok / noisy / unfit / failed", "raw |ratio-1|", "common factor removed"):
        table.add_column(column, justify="left" if column == "runtime" else "right")
    for runtime in runtimes:
        started = time.perf_counter()
        first = _session(runtime, ops, f"{runtime}, first session")
        seconds = time.perf_counter() - started
        second = _session(runtime, ops, f"{runtime}, second session")
        verdicts = Counter(_verdict(result) for result in first.values())
        counts = " / ".join(str(verdicts[name]) for name in ("ok", "noisy", "unfit", "failed"))
        ratios = [_median_ms(second[job]) / _median_ms(first[job]) for job in first if _both(first[job], second[job])]
        common = statistics.median(ratios)
        table.add_row(runtime, f"{seconds:.1f}", counts, _spread(ratios), _spread([r / common for r in ratios]))
    console.print(table)
    console.print("|ratio-1|: median / 90th percentile over the ops.")


def _session(runtime: str, ops: tuple[OpSpec, ...], title: str) -> dict[str, JobResult]:
    return {result.job_id: result for result in track(_measure(runtime, ops), description=title, total=len(ops))}


def _measure(runtime: str, ops: tuple[OpSpec, ...]) -> Iterator[JobResult]:
    cores = choose_cores(allowed_cores(), (), 1)
    leave_to_child(cores)
    jobs = [LeasedJob(job_id=JobId(str(index)), attempt=1, workload=op) for index, op in enumerate(ops)]
    for start in range(0, len(jobs), BATCH):
        batch = tuple(jobs[start : start + BATCH])
        order = MeasureOrder(conditions=Conditions(runtime=runtime), jobs=batch, cores=cores, seed=start)
        yield from measure_jobs(ChildLauncher(DEADLINE_S), order)


def _verdict(result: JobResult) -> str:
    return result.measurement.verdict if result.measurement else "failed"


def _both(first: JobResult, second: JobResult) -> bool:
    return first.measurement is not None and second.measurement is not None


def _median_ms(result: JobResult) -> float:
    assert result.measurement is not None
    return result.measurement.summary.median_ms


def _spread(ratios: list[float]) -> str:
    distances = sorted(abs(ratio - 1) for ratio in ratios)
    return f"{100 * quantile(distances, 0.5):.1f} / {100 * quantile(distances, 0.9):.1f} %"
