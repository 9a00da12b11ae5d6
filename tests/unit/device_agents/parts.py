"""Parts that several of the agent's tests need."""

import random
from datetime import UTC, datetime

import httpx

from device_agents.supervisor.client import ServiceClient
from device_agents.supervisor.retry import Retry
from latency_service.contract.conditions import Conditions
from latency_service.contract.measurement import Measurement
from latency_service.contract.messages import JobId, JobResult, Lease, LeaseToken
from latency_service.contract.summary import summarize
from tests.fake_worker import QUICK, job

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TOKEN = LeaseToken("a-token")


def a_lease(renew_s: float = 30.0) -> Lease:
    """Return a lease of one job."""
    return Lease(
        token=TOKEN,
        conditions=Conditions(runtime="fake"),
        jobs=(job(QUICK),),
        lease_s=90,
        renew_s=renew_s,
        expires_at=NOON,
    )


def a_result(number: int = 0) -> JobResult:
    """Return a result with a measurement."""
    samples = (1.0, 1.25, 1.5)
    measurement = Measurement(
        samples_ms=samples,
        round_sizes=(3,),
        inner_loops=1,
        warmup_runs=0,
        summary=summarize(samples),
        verdict="ok",
        preemptions=0,
        started_at=NOON,
        finished_at=NOON,
    )
    return JobResult(job_id=JobId(f"job-{number}"), measurement=measurement)


def client_of(transport: httpx.MockTransport, sleeps: list[float] | None = None, attempts: int = 4) -> ServiceClient:
    """Return a client whose waits are noted instead of slept."""
    waits = [] if sleeps is None else sleeps
    retry = Retry(sleep=waits.append, rng=random.Random(0), attempts=attempts)
    return ServiceClient(httpx.Client(transport=transport, base_url="http://service"), retry)


def problem(status: int, code: str, detail: str = "because") -> httpx.Response:
    """Return a problem document as the service sends it."""
    return httpx.Response(status, json={"title": "t", "status": status, "detail": detail, "code": code})
