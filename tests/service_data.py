"""What tests tell the service: devices, conditions, ops, measurements."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceDescription, DeviceState
from latency_service.contract.feeders import feeder_of
from latency_service.contract.in_context import InContext
from latency_service.contract.keys import format_key
from latency_service.contract.measurement import PROTOCOL_VERSION, ErrorClass, Failure, Measurement, Verdict
from latency_service.contract.messages import DeviceRegistration, JobId, JobResult
from latency_service.contract.ops import ConvBnAct, Identity, OpSpec, Zero
from latency_service.contract.summary import summarize, summarize_rounds
from latency_service.contract.timings import Timings

START = datetime(2030, 1, 1, tzinfo=UTC)
DEVICE = "board"
CONDITIONS = Conditions(runtime="onnxruntime")
ZERO = Zero(input_height=8, input_width=8, in_channels=4)


class ManualClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self._now = START

    def __call__(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)


def op(number: int) -> OpSpec:
    """Return one of many different ops."""
    return Identity(input_height=number, input_width=8, in_channels=4)


def ops(count: int) -> list[OpSpec]:
    """Return different ops."""
    return [op(number) for number in range(1, count + 1)]


def keys(count: int) -> list[str]:
    """Return the keys of `ops(count)`."""
    return [format_key(each) for each in ops(count)]


def registration(
    name: str = DEVICE, governor: str = "performance", protocol_version: int = PROTOCOL_VERSION
) -> DeviceRegistration:
    """Return a device that tells its governor as the one fact of its state."""
    return DeviceRegistration(
        name=name,
        description=DeviceDescription(
            operating_system="Linux", architecture="aarch64", cpu_model="A76", logical_cores=4, memory_bytes=2**32
        ),
        state=DeviceState(facts={"governor": governor}),
        agent_version="0.1.0",
        protocol_version=protocol_version,
    )


def measurement(
    median_ms: float = 1.0, verdict: Verdict = "ok", protocol_version: int = PROTOCOL_VERSION
) -> Measurement:
    """Return a measurement of seven samples around a median."""
    samples = tuple(median_ms * factor for factor in (0.97, 0.98, 0.99, 1.0, 1.01, 1.02, 1.03))
    return Measurement(
        samples_ms=samples,
        round_sizes=(4, 3),
        inner_loops=8,
        warmup_runs=20,
        summary=summarize(samples),
        verdict=verdict,
        reasons=() if verdict == "ok" else ("the host was busy",),
        preemptions=0,
        protocol_version=protocol_version,
        started_at=START,
        finished_at=START + timedelta(seconds=1),
    )


def fed_op() -> OpSpec:
    """Return an op that has a feeder."""
    return ConvBnAct(input_height=8, input_width=8, in_channels=16, out_channels=16, kernel_size=1)


def fed_measurement(
    isolated_ms: float, context_ms: float, reasons: tuple[str, ...] = (), feeder: str | None = None
) -> Measurement:
    """Return a measurement of `fed_op` that took so long alone, and added so much to its feeder's millisecond."""
    fed_by = feeder_of(fed_op())
    assert fed_by is not None
    context = InContext(
        feeder=feeder or format_key(fed_by), chain=_steady(1.0 + context_ms), alone=_steady(1.0), reasons=reasons
    )
    return measurement(isolated_ms).model_copy(update={"in_context": context})


def _steady(median_ms: float) -> Timings:
    samples = tuple(median_ms * (1 + step / 10_000) for step in range(-3, 4))
    summary = summarize_rounds((samples[:4], samples[4:]))
    return Timings(samples_ms=samples, round_sizes=(4, 3), inner_loops=1, warmup_runs=9, summary=summary)


def success(job_id: JobId, median_ms: float = 1.0, verdict: Verdict = "ok") -> JobResult:
    """Return a job's result with a measurement."""
    return JobResult(job_id=job_id, measurement=measurement(median_ms, verdict))


def failure(job_id: JobId, error_class: ErrorClass = "crashed", message: str = "signal 11") -> JobResult:
    """Return a job's result without one."""
    return JobResult(job_id=job_id, failure=Failure(error_class=error_class, message=message))


def new_id() -> str:
    """Return a UUID such as agents make for their results."""
    return str(uuid4())
