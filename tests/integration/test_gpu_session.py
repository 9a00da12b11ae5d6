"""The measuring child's session on the fake GPU: stopwatch, runtime and readings together."""

from collections.abc import Callable

import pytest

from device_agents.child.orders import Answered, Event, MeasureOrder
from device_agents.child.worker import carry_out
from device_agents.host.nvidia import Nvml
from device_agents.runtimes.base import Runtime
from device_agents.runtimes.pytorch.cuda_failures import CudaContextLost
from device_agents.runtimes.settings import RuntimeSettings
from device_agents.runtimes.torch_runtime import TorchRuntime
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
from latency_service.contract.messages import JobId, JobResult, LeasedJob
from tests.unit.device_agents.fake_pynvml import A100, FakePynvml
from tests.unit.device_agents.runtimes.pytorch.fake_cuda import KERNEL_MS, FakeCuda

KEYS = ("v1-max_pool-4x4x4-k3-s2", "v1-conv_bn_act-6x6x4-out8-k3-s1-g1-relu6")
QUICK = TimingRules(min_sample_ms=0.05, min_rounds=2, min_samples=12, min_s=0.0, max_s=0.05, warmup_max_s=0.05)


def order(**changes: object) -> MeasureOrder:
    jobs = tuple(LeasedJob(job_id=JobId(key), attempt=1, workload=parse_key(key)) for key in KEYS)
    conditions = Conditions.model_validate({"runtime": "torch", "backend": "cuda", **changes})
    return MeasureOrder(conditions=conditions, jobs=jobs, cores=(), seed=0, rules=QUICK)


def session(cuda: FakeCuda, results: list[JobResult], **changes: object) -> None:
    def runtime_of(name: str, settings: RuntimeSettings) -> Runtime:
        return TorchRuntime(settings, lambda _: cuda, lambda: Nvml(FakePynvml(A100)))

    carry_out(order(**changes), runtime_of, collect(results))


def collect(results: list[JobResult]) -> Callable[[Event], None]:
    def emit(event: Event) -> None:
        if isinstance(event, Answered):
            results.append(event.result)

    return emit


@pytest.mark.parametrize("mode", ["eager", "graph"])
@pytest.mark.parametrize("cache_state", ["hot", "cold"])
def test_every_job_is_timed_by_the_gpus_own_clock(mode: str, cache_state: str) -> None:
    results: list[JobResult] = []
    with FakeCuda() as cuda:
        session(cuda, results, mode=mode, cache_state=cache_state)
    medians = {result.job_id: result.measurement.summary.median_ms for result in results if result.measurement}
    assert medians == pytest.approx({KEYS[0]: KERNEL_MS, KEYS[1]: 2 * KERNEL_MS}, rel=1e-3)


def test_a_measurement_tells_how_the_gpu_was_and_what_ran_there() -> None:
    results: list[JobResult] = []
    with FakeCuda() as cuda:
        session(cuda, results, mode="graph")
    measurement = results[0].measurement
    assert measurement is not None
    assert set(measurement.clock_mhz) == {1380.0}
    assert set(measurement.temperature_c) == {41.0}
    assert set(measurement.power_w) == {65.5}
    assert measurement.runtime_facts["launch"] == "graph replay"


def test_a_context_lost_while_measuring_ends_the_child_and_blames_no_job() -> None:
    results: list[JobResult] = []
    cuda = FakeCuda()
    cuda.deadly_launch = 100  # loading both takes fewer
    with cuda, pytest.raises(CudaContextLost):
        session(cuda, results)
    assert results == []
