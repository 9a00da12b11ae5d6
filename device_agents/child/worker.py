"""The measuring child, `python -m device_agents.child.worker`: an order in on stdin, a JSON line an event on stdout.

It runs pinned, with the allocator and thread settings that its supervisor put into the environment, and imports only
the runtime that the order names.
"""

import gc
import os
import random
import sys
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import BinaryIO

from device_agents.child.batch import Batch, Part
from device_agents.child.lifeline import die_with_supervisor
from device_agents.child.orders import EVENT, ORDER, Answered, Away, Event, MeasureOrder, Order, Probed, Working
from device_agents.failures import failure_from, is_out_of_memory
from device_agents.host.caches import cache_flusher
from device_agents.host.contention import HostCounters
from device_agents.host.cores import pin
from device_agents.host.files import HostFiles
from device_agents.host.memory import die_before_others, read_memory
from device_agents.runtimes.base import DeviceAway, LoadedWorkload, Runtime
from device_agents.runtimes.registry import make_runtime
from device_agents.runtimes.settings import RuntimeSettings
from device_agents.stopwatch.instruments import Clock, Instruments, SystemClock, make_instruments
from device_agents.stopwatch.reference import ReferenceOp
from device_agents.stopwatch.rounds import measure_interleaved
from device_agents.stopwatch.series import Outcome
from latency_service.contract.keys import format_key
from latency_service.contract.measurement import Failure
from latency_service.contract.messages import JobId, JobResult, LeasedJob
from latency_service.contract.network import Workload
from latency_service.contract.ops import MBConv

#: Read again and again, to see whether the machine keeps its speed: some tenths of a millisecond on one core, with the
#: kinds of kernel that the ops of a search space are made of.
REFERENCE_OP = MBConv(
    input_height=28, input_width=28, in_channels=32, out_channels=32, kernel_size=3, expand_ratio=6, has_skip=True
)

_FREE_MEMORY_SHARE = 0.2
_SIGN_OF_LIFE_NS = 1_000_000_000

Emit = Callable[[Event], None]
RuntimeOf = Callable[[str, RuntimeSettings], Runtime]


def main(runtime_of: RuntimeOf = make_runtime) -> None:
    """Carry out the order on stdin."""
    events = _claim_stdout()
    order = ORDER.validate_json(sys.stdin.buffer.readline())
    die_with_supervisor(sys.stdin.fileno())
    die_before_others()

    def emit(event: Event) -> None:
        events.write(EVENT.dump_json(event) + b"\n")
        events.flush()

    carry_out(order, runtime_of, emit)


def carry_out(order: Order, runtime_of: RuntimeOf, emit: Emit) -> None:
    """Probe or measure, and emit the events."""
    try:
        _carry_out(order, runtime_of, emit)
    except DeviceAway as error:
        emit(Away(reason=str(error)))


def _carry_out(order: Order, runtime_of: RuntimeOf, emit: Emit) -> None:
    if isinstance(order, MeasureOrder):
        pin(order.cores)
        files = HostFiles()
        flush_caches = cache_flusher(files, order.cores) if order.conditions.cache_state == "cold" else None
        instruments = make_instruments(SystemClock(), HostCounters(files, order.cores), flush_caches)
        _Session(order, runtime_of(order.conditions.runtime, order.runtime_settings), instruments, emit).measure()
    else:
        emit(Probed(status=runtime_of(order.runtime, order.runtime_settings).probe()))


class _Session:
    """Measures an order's jobs, as many side by side as it and memory allow; beside all of them one reference op."""

    def __init__(self, order: MeasureOrder, runtime: Runtime, instruments: Instruments, emit: Emit) -> None:
        self._order = order
        self._runtime = runtime
        self._instruments = instruments
        self._emit = emit
        self._rng = random.Random(order.seed)
        self._signs_of_life = _SignsOfLife(order.jobs[0].job_id, instruments.clock, emit)

    def measure(self) -> None:
        """Answer every job."""
        queue = deque(self._order.jobs)
        with ExitStack() as loaded:
            reference = self._load_reference(loaded)
            while queue:
                with ExitStack() as loaded_until_here:
                    self._measure_together(self._load_some(queue, loaded_until_here), reference)
                gc.collect()

    def _load_reference(self, stack: ExitStack) -> ReferenceOp:
        """Return the reference op; where it cannot be loaded, measurements say so."""

        def load() -> LoadedWorkload:
            return stack.enter_context(closing(self._load(REFERENCE_OP)))

        signs = self._signs_of_life
        return ReferenceOp(load, format_key(REFERENCE_OP), self._order.rules, self._instruments, signs.go_on)

    def _load_some(self, queue: deque[LeasedJob], stack: ExitStack) -> Batch:
        """Load jobs off the queue until there are enough, or memory runs low; one that cannot be loaded is answered."""
        batch = Batch(self._load, stack, self._order.in_context)
        count = 0
        while queue and count < self._order.together and (count == 0 or _memory_is_plenty()):
            job = queue.popleft()
            self._signs_of_life.begin(job.job_id)
            try:
                batch.add(job)
            except DeviceAway:
                raise
            except Exception as error:  # a runtime may raise anything: it ends this job, not its neighbours
                if count and is_out_of_memory(error):
                    queue.appendleft(job)  # it may fit once its neighbours are gone
                    break
                self._answer(job.job_id, failure_from(error))
                continue
            count += 1
        return batch

    def _load(self, workload: Workload) -> LoadedWorkload:
        self._signs_of_life.go_on()
        return self._runtime.load(workload, self._order.conditions)

    def _measure_together(self, batch: Batch, reference: ReferenceOp) -> None:
        def on_progress(part: Part) -> None:
            self._signs_of_life.work_on(batch.job_of(part))

        gc.collect()
        gc.disable()
        for part, outcome in measure_interleaved(
            batch.subjects,
            self._order.rules,
            self._instruments,
            self._rng,
            on_progress,
            reference,
            batch.serves,
            batch.note_turn,
        ):
            for job_id, result in batch.note(part, outcome):
                self._answer(job_id, result)
        gc.enable()

    def _answer(self, job_id: JobId, outcome: Outcome) -> None:
        if isinstance(outcome, Failure):
            self._emit(Answered(result=JobResult(job_id=job_id, failure=outcome)))
        else:
            self._emit(Answered(result=JobResult(job_id=job_id, measurement=outcome)))


class _SignsOfLife:
    """Says which job is worked on: at once when that changes, and every second while it does not."""

    def __init__(self, job_id: JobId, clock: Clock, emit: Emit) -> None:
        self._job_id = job_id
        self._clock = clock
        self._emit = emit
        self._said_at_ns = clock.now_ns()

    def begin(self, job_id: JobId) -> None:
        """Say that something is begun for a job."""
        self._job_id = job_id
        self._said_at_ns = self._clock.now_ns()
        self._emit(Working(job_id=job_id))

    def work_on(self, job_id: JobId) -> None:
        """Say that a job is worked on, unless that was said a moment ago."""
        if job_id != self._job_id or self._clock.now_ns() - self._said_at_ns >= _SIGN_OF_LIFE_NS:
            self.begin(job_id)

    def go_on(self) -> None:
        """Say so of the job that was worked on last."""
        self.work_on(self._job_id)


def _claim_stdout() -> BinaryIO:
    """Return the real stdout for events alone; what native libraries print goes to stderr from now on."""
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return events


def _memory_is_plenty() -> bool:
    return read_memory(HostFiles()).free_share > _FREE_MEMORY_SHARE


if __name__ == "__main__":
    main()
