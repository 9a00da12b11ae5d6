"""Batch: jobs that are measured side by side - what is timed for each of them, and what comes of it.

For an op these are the op alone and, where it has a feeder, the feeder and the op behind each other, and the feeder
alone. Ops that have the same feeder share its timings.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Literal, NamedTuple

from device_agents.child.context import Timed, no_context, put_in_context
from device_agents.failures import failure_from, is_out_of_memory
from device_agents.runtimes.base import DeviceAway, LoadedWorkload
from device_agents.stopwatch.series import Outcome
from latency_service.contract.feeders import feeder_of
from latency_service.contract.keys import format_key
from latency_service.contract.measurement import Failure, Measurement
from latency_service.contract.messages import JobId, LeasedJob
from latency_service.contract.network import NetworkSpec, Workload
from latency_service.contract.ops import OpSpec

Load = Callable[[Workload], LoadedWorkload]


class Part(NamedTuple):
    """One workload that is timed: a job's own or its chain, by the job's id, or a feeder, by its key."""

    role: Literal["whole", "chain", "feeder"]
    name: str


class Batch:
    """Some jobs, loaded.

    Args:
        load: Builds a workload.
        stack: Closes, at its end, what was loaded.
        with_context: Whether ops are timed behind their feeders, too.

    Attributes:
        subjects: What is to be timed.
    """

    def __init__(self, load: Load, stack: ExitStack, with_context: bool) -> None:
        self.subjects: dict[Part, LoadedWorkload] = {}
        self._load = load
        self._stack = stack
        self._with_context = with_context
        self._feeders: dict[JobId, Part] = {}
        self._without_context: dict[JobId, Failure] = {}
        self._outcomes: dict[Part, Outcome] = {}
        self._rounds: dict[Part, list[int]] = defaultdict(list)

    def add(self, job: LeasedJob) -> None:
        """Load what is timed for a job; where that is its workload alone, although it has a feeder, its result says so.

        Raises:
            Exception: Whatever the runtime raises for the job's workload, or for want of memory beside other jobs.
        """
        with ExitStack() as loaded:
            parts = {Part("whole", job.job_id): self._open(job.workload, loaded)}
            feeder = feeder_of(job.workload) if self._with_context else None
            if feeder is not None:
                parts |= self._open_context(job, feeder, loaded)
            self.subjects |= parts
            self._stack.enter_context(loaded.pop_all())

    @property
    def serves(self) -> dict[Part, tuple[Part, ...]]:
        """Of each feeder the chains that it stands in: it is timed in every round in which one of them is."""
        chains: dict[Part, tuple[Part, ...]] = {}
        for job_id, feeder in self._feeders.items():
            chains[feeder] = (*chains.get(feeder, ()), Part("chain", job_id))
        return chains

    def job_of(self, part: Part) -> JobId:
        """Return a job that a part is timed for."""
        if part.role != "feeder":
            return JobId(part.name)
        return next(job_id for job_id, feeder in self._feeders.items() if feeder == part)

    def note_turn(self, part: Part, round_number: int) -> None:
        """Take down in which round a part has had a turn."""
        self._rounds[part].append(round_number)

    def note(self, part: Part, outcome: Outcome) -> Iterator[tuple[JobId, Outcome]]:
        """Take a part's outcome, and yield the jobs that have all of theirs now."""
        self._outcomes[part] = outcome
        concerned = [JobId(part.name)] if part.role != "feeder" else list(self._feeders)
        for job_id in concerned:
            if part in self._awaited(job_id) and all(each in self._outcomes for each in self._awaited(job_id)):
                yield job_id, self._result(job_id)

    def _open(self, workload: Workload, loaded: ExitStack) -> LoadedWorkload:
        return loaded.enter_context(closing(self._load(workload)))

    def _open_context(self, job: LeasedJob, feeder: OpSpec, loaded: ExitStack) -> dict[Part, LoadedWorkload]:
        key = Part("feeder", format_key(feeder))
        try:
            with ExitStack() as context:
                assert isinstance(job.workload, OpSpec), "networks have no feeder"
                chain = self._open(NetworkSpec(ops=(feeder, job.workload)), context)
                parts = {Part("chain", job.job_id): chain}
                if key not in self.subjects:
                    parts[key] = self._open(feeder, context)
                loaded.enter_context(context.pop_all())
        except DeviceAway:
            raise
        except Exception as error:  # a runtime may raise anything: the op has its isolated timing all the same
            if self.subjects and is_out_of_memory(error):
                raise  # there may be room once the neighbours are gone
            self._without_context[job.job_id] = failure_from(error)
            return {}
        self._feeders[job.job_id] = key
        return parts

    def _awaited(self, job_id: JobId) -> tuple[Part, ...]:
        """Return the parts whose outcomes make the job's result."""
        feeder = self._feeders.get(job_id)
        context = () if feeder is None else (Part("chain", job_id), feeder)
        return (Part("whole", job_id), *context)

    def _result(self, job_id: JobId) -> Outcome:
        whole = self._outcomes[Part("whole", job_id)]
        if not isinstance(whole, Measurement):
            return whole
        if job_id in self._without_context:
            return no_context(whole, self._without_context[job_id])
        if job_id not in self._feeders:
            return whole
        feeder = self._feeders[job_id]
        return put_in_context(whole, feeder.name, self._timed(Part("chain", job_id)), self._timed(feeder))

    def _timed(self, part: Part) -> Timed:
        return Timed(self._outcomes[part], tuple(self._rounds[part]))
