"""The measuring child over real runtimes: an op comes back with what it adds to its feeder's time."""

import pytest

from device_agents.child.orders import Answered, Event, MeasureOrder
from device_agents.child.worker import carry_out
from device_agents.runtimes.registry import make_runtime
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.conditions import Conditions
from latency_service.contract.feeders import feeder_of
from latency_service.contract.in_context import difference
from latency_service.contract.keys import format_key
from latency_service.contract.measurement import Measurement
from latency_service.contract.messages import JobId, LeasedJob
from latency_service.contract.ops import MBConv

QUICK = TimingRules(min_sample_ms=0.2, max_timer_share=0.01, min_samples=24, min_s=0.0, max_s=0.1, warmup_max_s=0.05)
#: Far heavier than its feeder, so that no noise makes the difference negative.
OP = MBConv(
    input_height=28, input_width=28, in_channels=16, out_channels=16, kernel_size=7, expand_ratio=6, has_skip=True
)


def measured(runtime: str) -> Measurement:
    """Have the op measured within this process."""
    events: list[Event] = []
    job = LeasedJob(job_id=JobId("op"), attempt=1, workload=OP)
    order = MeasureOrder(conditions=Conditions(runtime=runtime), jobs=(job,), rules=QUICK)
    carry_out(order, make_runtime, events.append)
    (result,) = (event.result for event in events if isinstance(event, Answered))
    assert result.measurement is not None, result.failure
    return result.measurement


@pytest.mark.parametrize("runtime", ["onnxruntime", "tflite"])
def test_a_real_block_is_timed_alone_and_behind_its_feeder(runtime: str) -> None:
    measurement = measured(runtime)
    context, feeder = measurement.in_context, feeder_of(OP)
    assert context is not None, measurement.runtime_facts
    assert feeder is not None
    assert context.feeder == format_key(feeder)
    low_ms, high_ms = context.ci_ms
    assert low_ms <= context.latency_ms <= high_ms
    assert 0 < context.latency_ms < max(context.chain.samples_ms)
    assert (context.latency_ms, context.ci_ms) == difference(context.chain, context.alone)
    assert len(context.chain.round_sizes) == len(context.alone.round_sizes) >= QUICK.min_rounds
    assert measurement.summary.n >= QUICK.fewest_samples
    assert Measurement.model_validate_json(measurement.model_dump_json()) == measurement
