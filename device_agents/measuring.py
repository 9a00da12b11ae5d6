"""Measuring from the supervisor's side: every job is answered, whatever becomes of the child."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing

from device_agents.child import ChildFailed, ChildLauncher
from device_agents.orders import Answered, MeasureOrder, Probed, ProbeOrder
from latency_service.contract.conditions import RuntimeName
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.messages import JobId, JobResult, LeasedJob


def measure_jobs(
    launcher: ChildLauncher, order: MeasureOrder, is_unwanted: Callable[[JobId], bool] = lambda job_id: False
) -> Iterator[JobResult]:
    """Yield the result of each job of the order that is wanted.

    Jobs that a dead or silent child left unanswered are measured again, each in a child of its own: who fails alone
    is the guilty one. Its last words are no proof, because memory that one job corrupted may kill the next.
    """
    waiting, answered = deque([order]), set[JobId]()
    while waiting:
        current = waiting.popleft()

        def open_jobs(jobs: tuple[LeasedJob, ...] = current.jobs) -> list[LeasedJob]:
            return [job for job in jobs if job.job_id not in answered and not is_unwanted(job.job_id)]

        try:
            for result in _results(launcher, current, open_jobs):
                answered.add(result.job_id)
                yield result
        except ChildFailed as error:
            if len(current.jobs) > 1:
                waiting.extend(current.model_copy(update={"jobs": (job,)}) for job in open_jobs())
            elif open_jobs():
                yield JobResult(job_id=current.jobs[0].job_id, failure=error.failure)


def _results(
    launcher: ChildLauncher, order: MeasureOrder, open_jobs: Callable[[], list[LeasedJob]]
) -> Iterator[JobResult]:
    """Yield what one child answers, until no job is open any more."""
    if not open_jobs():
        return
    with closing(launcher.events(order, lambda: not open_jobs())) as events:
        for event in events:
            if isinstance(event, Answered) and any(job.job_id == event.result.job_id for job in open_jobs()):
                yield event.result
    if open_jobs():
        raise ChildFailed("crashed", "the measuring child ended before it had answered every job")


def probe_runtime(launcher: ChildLauncher, name: RuntimeName) -> RuntimeStatus:
    """Say whether a runtime works here; one that crashes its child does not."""
    try:
        answers = [event for event in launcher.events(ProbeOrder(runtime=name)) if isinstance(event, Probed)]
    except ChildFailed as error:
        return RuntimeStatus(available=False, reason=str(error))
    return answers[0].status
