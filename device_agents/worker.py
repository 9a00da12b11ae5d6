"""The measuring child, `python -m device_agents.worker`: one order in on stdin, one JSON line an event out on stdout.

It runs pinned, with the allocator and thread settings that its supervisor put into the environment, and imports only
the runtime that the order names.
"""

import gc
import os
import random
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import BinaryIO

import psutil

from device_agents.contention import HostCounters
from device_agents.failures import failure_from, is_out_of_memory
from device_agents.host_files import HostFiles
from device_agents.lifeline import die_with_supervisor
from device_agents.orders import EVENT, ORDER, Answered, Event, MeasureOrder, Order, Probed, Working
from device_agents.runtimes.base import LoadedWorkload, Runtime
from device_agents.runtimes.registry import make_runtime
from device_agents.runtimes.settings import RuntimeSettings
from device_agents.stopwatch.instruments import Instruments, SystemClock, make_instruments
from device_agents.stopwatch.rounds import measure_interleaved
from device_agents.stopwatch.series import Outcome
from latency_service.contract.measurement import Failure
from latency_service.contract.messages import JobId, JobResult, LeasedJob

_MOST_TOGETHER = 16
_FREE_MEMORY_SHARE = 0.2

Emit = Callable[[Event], None]
RuntimeOf = Callable[[str, RuntimeSettings], Runtime]


def main(runtime_of: RuntimeOf = make_runtime) -> None:
    """Carry out the order on stdin."""
    events = _claim_stdout()
    order = ORDER.validate_json(sys.stdin.buffer.readline())
    die_with_supervisor(sys.stdin.fileno())

    def emit(event: Event) -> None:
        events.write(EVENT.dump_json(event) + b"\n")
        events.flush()

    carry_out(order, runtime_of, emit)


def carry_out(order: Order, runtime_of: RuntimeOf, emit: Emit) -> None:
    """Probe or measure, and emit the events."""
    if isinstance(order, MeasureOrder):
        _pin(order.cores)
        instruments = make_instruments(SystemClock(), HostCounters(HostFiles(), order.cores))
        _Session(order, runtime_of(order.conditions.runtime, order.runtime_settings), instruments, emit).measure()
    else:
        emit(Probed(status=runtime_of(order.runtime, order.runtime_settings).probe()))


class _Session:
    """Measures an order's jobs, as many side by side as memory allows."""

    def __init__(self, order: MeasureOrder, runtime: Runtime, instruments: Instruments, emit: Emit) -> None:
        self._order = order
        self._runtime = runtime
        self._instruments = instruments
        self._emit = emit
        self._rng = random.Random(order.seed)

    def measure(self) -> None:
        """Answer every job."""
        queue = deque(self._order.jobs)
        while queue:
            with ExitStack() as loaded_until_here:
                self._measure_together(dict(self._load_some(queue, loaded_until_here)))
            gc.collect()

    def _load_some(self, queue: deque[LeasedJob], stack: ExitStack) -> Iterator[tuple[JobId, LoadedWorkload]]:
        """Load jobs off the queue until there are enough, or memory runs low; one that cannot be loaded is answered."""
        count = 0
        while queue and count < _MOST_TOGETHER and (count == 0 or _memory_is_plenty()):
            job = queue.popleft()
            self._emit(Working(job_id=job.job_id))
            try:
                workload = self._runtime.load(job.workload, self._order.conditions)
            except Exception as error:  # a runtime may raise anything: it ends this job, not its neighbours
                if count and is_out_of_memory(error):
                    queue.appendleft(job)  # it may fit once its neighbours are gone
                    return
                self._answer(job.job_id, failure_from(error))
                continue
            count += 1
            stack.enter_context(closing(workload))
            yield job.job_id, workload

    def _measure_together(self, workloads: dict[JobId, LoadedWorkload]) -> None:
        def on_turn(job_id: JobId) -> None:
            self._emit(Working(job_id=job_id))

        gc.collect()
        gc.disable()
        for job_id, outcome in measure_interleaved(workloads, self._order.rules, self._instruments, self._rng, on_turn):
            self._answer(job_id, outcome)
        gc.enable()

    def _answer(self, job_id: JobId, outcome: Outcome) -> None:
        if isinstance(outcome, Failure):
            self._emit(Answered(result=JobResult(job_id=job_id, failure=outcome)))
        else:
            self._emit(Answered(result=JobResult(job_id=job_id, measurement=outcome)))


def _claim_stdout() -> BinaryIO:
    """Return the real stdout for events alone; what native libraries print goes to stderr from now on."""
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return events


def _pin(cores: tuple[int, ...]) -> None:
    if cores and sys.platform == "linux":
        os.sched_setaffinity(0, cores)


def _memory_is_plenty() -> bool:
    memory = psutil.virtual_memory()
    return bool(memory.available > _FREE_MEMORY_SHARE * memory.total)


if __name__ == "__main__":
    main()
