import threading

import httpx

from device_agents.supervisor.renewal import Renewal, renewing
from latency_service.contract.messages import JobId
from tests.unit.device_agents.parts import NOON, a_lease, client_of, problem

JOB = JobId("job-1")


def renewal_over(response: httpx.Response) -> Renewal:
    return Renewal(client_of(httpx.MockTransport(lambda request: response)), a_lease())


def renewed(*cancelled: str) -> httpx.Response:
    return httpx.Response(200, json={"expires_at": NOON.isoformat(), "cancelled": cancelled})


def test_a_cancelled_job_is_no_longer_wanted() -> None:
    renewal = renewal_over(renewed("job-1"))
    assert not renewal.is_unwanted(JOB)
    renewal.renew()
    assert renewal.is_unwanted(JOB)
    assert not renewal.is_unwanted(JobId("job-2"))


def test_of_a_lost_lease_no_job_is_wanted() -> None:
    renewal = renewal_over(problem(410, "lease_expired"))
    renewal.renew()
    assert renewal.is_unwanted(JOB)


def test_a_service_that_is_away_loses_no_lease() -> None:
    renewal = renewal_over(httpx.Response(503))
    renewal.renew()
    assert not renewal.is_unwanted(JOB)


def test_a_lease_is_renewed_while_its_jobs_are_measured_and_not_after() -> None:
    calls: list[str] = []
    enough = threading.Event()

    def handle(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        if len(calls) >= 3:
            enough.set()
        return renewed()

    with renewing(client_of(httpx.MockTransport(handle)), a_lease(renew_s=0.01)):
        assert enough.wait(timeout=10)
    after = len(calls)
    assert set(calls) == {"/v1/leases/a-token"}
    assert "renewal" not in {thread.name for thread in threading.enumerate()}
    assert len(calls) == after


def test_a_lost_lease_is_not_renewed_again() -> None:
    calls: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        return problem(410, "lease_expired")

    Renewal(client_of(httpx.MockTransport(handle)), a_lease(renew_s=0.001)).renew_until(threading.Event())
    assert len(calls) == 1
