"""Time to table: every op of a space measured by two fresh processes; how long it took, and how far the two agree.

The second session stands beside the first in one run: the ratio of its median to the first's, an op at a time, raw and
with the sessions' common factor (the machine's speed) taken out; once more for the ops that both sessions call `ok`.
The same for the loop of 50 runs that published tables
come from.
"""

import statistics
import time
from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.protocols import Order, in_fresh_process
from device_agents.child.measuring import measure_jobs
from device_agents.child.orders import MeasureOrder
from device_agents.child.process import ChildLauncher
from device_agents.host.cores import allowed_cores, choose_cores, leave_to_child
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import format_key
from latency_service.contract.messages import JobId, JobResult, LeasedJob
from latency_service.contract.ops import OpSpec
from latency_service.contract.summary import quantile
from search_client.spaces.registry import make_space

BATCH = 32
FIXED_LOOP = "fixed 50"
DEADLINE_S = 120.0

Cores = tuple[int, ...]


def run(space_name: str, runtimes: tuple[str, ...], console: Console) -> None:
    """Print the table of a space on this machine: of every runtime, our protocol and the published fixed loop."""
    ops = make_space(space_name).ops()
    cores = choose_cores(allowed_cores(), (), 1)
    leave_to_child(cores)
    table = Table(title=f"{space_name}: {len(ops)} ops, one core, two fresh sessions")
    for column in ("runtime", "seconds", "ok / noisy / unfit / failed", "raw |ratio-1|", "common factor removed"):
        table.add_column(column, justify="left" if column == "runtime" else "right")
    for runtime in runtimes:
        seconds, first = _ours(runtime, ops, f"{runtime}, first session", cores)
        fixed_s, fixed = _fixed(runtime, ops, f"{runtime}, first fixed loop", cores)
        _, second = _ours(runtime, ops, f"{runtime}, second session", cores)
        _, fixed_again = _fixed(runtime, ops, f"{runtime}, second fixed loop", cores)
        verdicts = Counter(_verdict(result) for result in first.values())
        counts = " / ".join(str(verdicts[name]) for name in ("ok", "noisy", "unfit", "failed"))
        table.add_row(runtime, f"{seconds:.1f}", counts, *_agreement(_medians_ms(first), _medians_ms(second)))
        trusted = _ok_ms(first), _ok_ms(second)
        shared = len(trusted[0].keys() & trusted[1].keys())
        if shared:
            table.add_row(f"{runtime}, ok in both", "", f"{shared}", *_agreement(*trusted))
        table.add_row(f"{runtime}, {FIXED_LOOP}", f"{fixed_s:.1f}", "no verdicts", *_agreement(fixed, fixed_again))
    console.print(table)
    console.print("|ratio-1|: median / 90th percentile over the ops. A fixed loop's seconds hold no loading of ops.")


def _ours(runtime: str, ops: tuple[OpSpec, ...], title: str, cores: Cores) -> tuple[float, dict[JobId, JobResult]]:
    started = time.perf_counter()
    answers = track(_measure(runtime, ops, cores), description=title, total=len(ops))
    results = {result.job_id: result for result in answers}
    return time.perf_counter() - started, results


def _fixed(runtime: str, ops: tuple[OpSpec, ...], title: str, cores: Cores) -> tuple[float, dict[str, float]]:
    keys = tuple(format_key(op) for op in ops)
    order = Order(runtime=runtime, ops=keys, protocols=(FIXED_LOOP,), cores=cores, seed=0)
    (account,) = track([in_fresh_process(order)], description=title)
    return account.seconds[FIXED_LOOP], account.latency_ms[FIXED_LOOP]


def _measure(runtime: str, ops: tuple[OpSpec, ...], cores: Cores) -> Iterator[JobResult]:
    jobs = [LeasedJob(job_id=JobId(str(index)), attempt=1, workload=op) for index, op in enumerate(ops)]
    for start in range(0, len(jobs), BATCH):
        batch = tuple(jobs[start : start + BATCH])
        order = MeasureOrder(conditions=Conditions(runtime=runtime), jobs=batch, cores=cores, seed=start)
        yield from measure_jobs(ChildLauncher(DEADLINE_S), order)


def _verdict(result: JobResult) -> str:
    return result.measurement.verdict if result.measurement else "failed"


def _medians_ms(results: dict[JobId, JobResult]) -> dict[str, float]:
    return {job: result.measurement.summary.median_ms for job, result in results.items() if result.measurement}


def _ok_ms(results: dict[JobId, JobResult]) -> dict[str, float]:
    return _medians_ms({job: result for job, result in results.items() if _verdict(result) == "ok"})


def _agreement(first: dict[str, float], second: dict[str, float]) -> tuple[str, str]:
    """Return how far two sessions differ, raw and with their common factor (the machine's speed) taken out."""
    ratios = [second[key] / first[key] for key in first.keys() & second.keys()]
    common = statistics.median(ratios)
    return _spread(ratios), _spread([ratio / common for ratio in ratios])


def _spread(ratios: list[float]) -> str:
    distances = sorted(abs(ratio - 1) for ratio in ratios)
    return f"{100 * quantile(distances, 0.5):.1f} / {100 * quantile(distances, 0.9):.1f} %"
