"""`python -m tests.fake_child STEP_S`: a measuring child without a stopwatch, for tests of everything around it.

It answers every job with the same measurement, whatever else the host does: an INSTANT one at once, a STEADY one after
a while. Its pipes, events and death are those of the real child. Its calendar jumps by STEP_S during every measurement.
"""

import sys
import time
from datetime import UTC, datetime, timedelta

from device_agents.child.lifeline import die_with_supervisor
from device_agents.child.orders import EVENT, ORDER, Answered, Event, MeasureOrder, Probed, Working
from device_agents.child.process import ChildLauncher
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.messages import JobResult, LeasedJob
from latency_service.contract.network import workload_key
from latency_service.contract.ops import Identity, OpSpec
from tests.service_data import measurement

COMMAND = (sys.executable, "-m", "tests.fake_child")

#: Behaviours, as in `tests.fake_worker`: written in the channels of the op's input.
INSTANT, STEADY = 1, 2
_DEADLINE_S = 30.0
_JOB_S = {INSTANT: 0.0, STEADY: 0.2}


def launcher(clock_step_s: float = 0.0) -> ChildLauncher:
    """Return the launcher of such children."""
    return ChildLauncher(_DEADLINE_S, (*COMMAND, str(clock_step_s)))


def op(behaviour: int, number: int = 0) -> OpSpec:
    """Return an op that behaves so; its number tells it from others."""
    return Identity(input_height=1 + number, input_width=1, in_channels=behaviour)


def main(clock_step_s: float) -> None:
    """Carry out the order on stdin."""
    order = ORDER.validate_json(sys.stdin.buffer.readline())
    die_with_supervisor(sys.stdin.fileno())
    if isinstance(order, MeasureOrder):
        for job in order.jobs:
            _measure(job, clock_step_s)
    else:
        _say(Probed(status=RuntimeStatus(available=True, version="1.0")))


def _measure(job: LeasedJob, clock_step_s: float) -> None:
    _say(Working(job_id=job.job_id))
    assert isinstance(job.workload, Identity), workload_key(job.workload)
    time.sleep(_JOB_S[job.workload.in_channels])
    started_at = datetime.now(UTC)
    calendar = {"started_at": started_at, "finished_at": started_at + timedelta(seconds=clock_step_s)}
    result = JobResult(job_id=job.job_id, measurement=measurement().model_copy(update=calendar))
    _say(Answered(result=result))


def _say(event: Event) -> None:
    sys.stdout.buffer.write(EVENT.dump_json(event) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]))
