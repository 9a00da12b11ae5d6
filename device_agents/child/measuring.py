"""Measuring from the supervisor's side: every job is answered, whatever becomes of the child."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing

import structlog

from device_agents.child.launcher import Launcher
from device_agents.child.orders import Answered, Away, Event, MeasureOrder, Probed, ProbeOrder
from device_agents.child.process import ChildFailed
from device_agents.runtimes.base import DeviceAway
from device_agents.runtimes.settings import NOTHING_SET, RuntimeSettings
from latency_service.contract.conditions import RuntimeName
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.feeders import feeder_of
from latency_service.contract.messages import JobId, JobResult, LeasedJob

log = structlog.get_logger()


def measure_jobs(
    launcher: Launcher, order: MeasureOrder, is_unwanted: Callable[[JobId], bool] = lambda job_id: False
) -> Iterator[JobResult]:
    """Yield the result of each job of the order that is wanted.

    Jobs that a dead or silent child left unanswered are measured again, each in a child of its own: who fails alone
    is the guilty one. Its last words are no proof, because memory that one job corrupted may kill the next. Who fails
    alone is measured once more without its feeder, whose fault it may have been.

    Raises:
        DeviceAway: The device went away; jobs without a result have not failed.
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
            elif open_jobs() and current.in_context and feeder_of(current.jobs[0].workload):
                waiting.append(current.model_copy(update={"in_context": False}))
            elif open_jobs():
                yield JobResult(job_id=current.jobs[0].job_id, failure=error.failure)


def _results(launcher: Launcher, order: MeasureOrder, open_jobs: Callable[[], list[LeasedJob]]) -> Iterator[JobResult]:
    """Yield what one child answers, until no job is open any more."""
    if not open_jobs():
        return
    with closing(launcher.events(order, lambda: not open_jobs())) as events:
        for event in map(_present, events):
            if isinstance(event, Answered) and any(job.job_id == event.result.job_id for job in open_jobs()):
                yield event.result
    if open_jobs():
        raise ChildFailed("crashed", "the measuring child ended before it had answered every job")


def probe_runtimes(
    launcher: Launcher, names: tuple[RuntimeName, ...], settings: RuntimeSettings = NOTHING_SET
) -> dict[RuntimeName, RuntimeStatus]:
    """Probe runtimes, each in a child of its own; warn of those that do not work."""
    statuses = {name: probe_runtime(launcher, name, settings) for name in names}
    for name, status in statuses.items():
        if not status.available:
            log.warning("a runtime does not work here", runtime=name, reason=status.reason)
    return statuses


def probe_runtime(
    launcher: Launcher, name: RuntimeName, settings: RuntimeSettings = NOTHING_SET, tries: int = 2
) -> RuntimeStatus:
    """Say whether a runtime works here; one that crashes its child again and again does not.

    One crash proves nothing: the kernel may have killed the child because somebody else took the memory, and the agent
    would do without the runtime for weeks.

    Raises:
        DeviceAway: That cannot be told while the device is away.
    """
    events = map(_present, launcher.events(ProbeOrder(runtime=name, runtime_settings=settings)))
    try:
        answers = [event for event in events if isinstance(event, Probed)]
    except ChildFailed as error:
        if tries > 1 and error.failure.error_class == "crashed":
            return probe_runtime(launcher, name, settings, tries - 1)
        return RuntimeStatus.broken(str(error))
    return answers[0].status


def _present(event: Event) -> Event:
    if isinstance(event, Away):
        raise DeviceAway(event.reason)
    return event
