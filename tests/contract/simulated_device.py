"""A device whose true latencies are known, measured by an agent that needs no time."""

from collections.abc import Sequence

from latency_service.contract.ops import OpSpec
from tests.contract.service import Service
from tests.service_data import new_id, success
from tests.simulated_ops import true_ms


def measure(service: Service, ops: Sequence[OpSpec]) -> str:
    """Have ops measured as they truly are; return the table's id."""
    profile = service.profile(ops)
    while (lease := service.lend()) is not None:
        results = []
        for job in lease.jobs:
            assert isinstance(job.workload, OpSpec)
            results.append((new_id(), success(job.job_id, true_ms(job.workload))))
        service.post(lease, *results)
    table_id = service.status(profile).table_id
    assert table_id is not None
    return table_id
