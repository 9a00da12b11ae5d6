"""Networks of equal ops, and an agent whose device takes for them a little less than for their ops alone."""

from latency_service.contract.network import NetworkSpec, Workload
from tests.contract.service import Service
from tests.service_data import new_id, op, success

#: What a network takes, as a share of what its ops take alone.
SHARE = 0.98


def chain(number: int, length: int) -> NetworkSpec:
    """Return so many of the op of that number behind each other."""
    return NetworkSpec(ops=(op(number),) * length)


#: Of each of the ops 1 to 3 a chain of two and one of three.
ANCHORS = [chain(number, length) for length in (2, 3) for number in (1, 2, 3)]


def latency_ms(workload: Workload, speed: float = 1.0) -> float:
    """Return what a workload takes: an op half a millisecond and its height, times the machine's speed."""
    if isinstance(workload, NetworkSpec):
        return SHARE * sum(latency_ms(each, speed) for each in workload.ops)
    return speed * (0.5 + workload.input_height)


def work(service: Service, speed: float = 1.0, max_jobs: int = 32) -> list[list[Workload]]:
    """Measure all that there is to do; return what was lent in each batch."""
    batches: list[list[Workload]] = []
    while (lease := service.lend(max_jobs)) is not None:
        batches.append([job.workload for job in lease.jobs])
        results = (success(job.job_id, latency_ms(job.workload, speed)) for job in lease.jobs)
        service.post(lease, *((new_id(), result) for result in results))
    return batches
