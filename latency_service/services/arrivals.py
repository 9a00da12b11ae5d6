"""Arrivals: results as they came in, with all that can be said of them before the database is asked."""

import hashlib
import math
from dataclasses import dataclass

import orjson

from latency_service.contract.errors import ResultMismatch
from latency_service.contract.measurement import Failure, Measurement
from latency_service.contract.messages import JobResult
from latency_service.contract.timings import Timings


@dataclass(frozen=True)
class Arrival:
    """A result under the id that its agent gave it.

    Attributes:
        body_hash: Tells this result from another one under the same id.
        document: The measurement as JSON text; empty where there is none.
        flaw: Why it can be no result, whatever it is for.
    """

    result_id: str
    job_id: str
    measurement: Measurement | None
    failure: Failure | None
    body_hash: str
    document: str
    flaw: ResultMismatch | None

    @classmethod
    def of(cls, result_id: str, result: JobResult) -> "Arrival":
        """Look at a result."""
        measurement = result.measurement
        return cls(
            result_id=result_id,
            job_id=result.job_id,
            measurement=measurement,
            failure=result.failure,
            body_hash=_hash(result),
            document="" if measurement is None else measurement.model_dump_json(),
            flaw=None if measurement is None else _flaw(measurement),
        )

    @property
    def attempt_failure(self) -> Failure | None:
        """Why the attempt was for nothing; a measurement that is unfit is a failure as well."""
        if self.measurement is None or self.measurement.verdict != "unfit":
            return self.failure
        return Failure(error_class="timed_out", message=f"unfit: {'; '.join(self.measurement.reasons)}"[:4000])

    @property
    def verdict(self) -> str:
        """The measurement's verdict, or the failure's error class."""
        if self.failure is not None:
            return self.failure.error_class
        assert self.measurement is not None, "a result is a measurement or a failure"
        return self.measurement.verdict


_RELATIVE_TOLERANCE = 1e-6


def check_summaries(measurement: Measurement) -> None:
    """Return if every summary is that of the samples that count.

    Raises:
        ResultMismatch: One is not; the message names the first member that differs.
    """
    _check_summary(measurement, "summary")
    if measurement.in_context is not None:
        _check_summary(measurement.in_context.chain, "in_context.chain.summary")
        _check_summary(measurement.in_context.alone, "in_context.alone.summary")


def _check_summary(timings: Timings, where: str) -> None:
    for name, value in timings.recompute_summary():
        told = getattr(timings.summary, name)
        if not math.isclose(told, value, rel_tol=_RELATIVE_TOLERANCE, abs_tol=1e-12):
            raise ResultMismatch(f"{where}.{name} is {told}, and the samples that count give {value}")


def _flaw(measurement: Measurement) -> ResultMismatch | None:
    try:
        check_summaries(measurement)
    except ResultMismatch as error:
        return error
    return None


def _hash(result: JobResult) -> str:
    content = orjson.dumps(result.model_dump(mode="json", exclude={"result_id"}), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()
