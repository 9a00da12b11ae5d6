"""What the supervisor tells the measuring child, and what it hears: one JSON line each, over stdin and stdout."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from device_agents.runtimes.settings import NOTHING_SET, RuntimeSettings
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.conditions import Conditions, RuntimeName
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.messages import JobId, JobResult, LeasedJob


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MeasureOrder(_Line):
    """Measure these jobs, interleaved, under the same conditions.

    Attributes:
        together: Most of the jobs that are measured in the same rounds; where memory runs low they are fewer.
        in_context: Whether ops are timed behind their feeders, too.
        cores: The cores to be pinned to; empty where the host cannot pin.
        runtime_settings: What the agent's owner has set up for the runtime.
        seed: Draws the order of the rounds; weights and inputs are the same for every seed.
    """

    kind: Literal["measure"] = "measure"
    conditions: Conditions
    jobs: tuple[LeasedJob, ...] = Field(min_length=1)
    together: int = Field(default=32, ge=1)
    in_context: bool = True
    cores: tuple[int, ...] = ()
    rules: TimingRules = TimingRules()
    seed: int = 0
    runtime_settings: RuntimeSettings = NOTHING_SET


class ProbeOrder(_Line):
    """Say whether a runtime works here."""

    kind: Literal["probe"] = "probe"
    runtime: RuntimeName
    runtime_settings: RuntimeSettings = NOTHING_SET


class Working(_Line):
    """The child begins something for this job: a sign of life, and who to suspect if it is the last."""

    kind: Literal["working"] = "working"
    job_id: JobId


class Answered(_Line):
    """A job is done."""

    kind: Literal["answered"] = "answered"
    result: JobResult


class Probed(_Line):
    """Whether the runtime works here."""

    kind: Literal["probed"] = "probed"
    status: RuntimeStatus


class Away(_Line):
    """The measured device cannot be reached; the child ends here, and no open job has failed."""

    kind: Literal["away"] = "away"
    reason: str


Order = Annotated[MeasureOrder | ProbeOrder, Field(discriminator="kind")]
Event = Annotated[Working | Answered | Probed | Away, Field(discriminator="kind")]

ORDER: TypeAdapter[Order] = TypeAdapter(Order)
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
