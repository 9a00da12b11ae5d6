import json
from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from latency_service.contract.device import Fingerprint
from latency_service.contract.errors import (
    AgentTooOld,
    LatencyError,
    LeaseExpired,
    ResultMismatch,
    ServiceUnavailable,
)
from latency_service.contract.messages import LeaseRequest
from tests.unit.device_agents.parts import NOON, TOKEN, a_lease, a_result, client_of, problem

RESULT_ID = UUID(int=7)
REQUEST = LeaseRequest(device="board", device_state=Fingerprint("f"), runtimes=("fake",))
ACCEPTED = httpx.Response(200, json={"status": "accepted"})


def answering(*responses: httpx.Response | Exception) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        response = responses[min(len(seen), len(responses)) - 1]
        if isinstance(response, Exception):
            raise response
        return response

    return httpx.MockTransport(handle), seen


def test_a_result_is_put_under_its_lease_and_id() -> None:
    transport, seen = answering(ACCEPTED)
    assert client_of(transport).put_result(TOKEN, RESULT_ID, a_result()).status == "accepted"
    assert seen[0].method == "PUT"
    assert seen[0].url.path == f"/v1/leases/a-token/results/{RESULT_ID}"
    assert json.loads(seen[0].content)["job_id"] == "job-0"


def test_a_lease_is_read() -> None:
    transport, _ = answering(httpx.Response(200, text=a_lease().model_dump_json()))
    assert client_of(transport).lease(REQUEST) == a_lease()


def test_a_lease_of_a_newer_service_is_read() -> None:
    newer = {**json.loads(a_lease().model_dump_json()), "priority": 7}
    transport, _ = answering(httpx.Response(200, json=newer))
    assert client_of(transport).lease(REQUEST) == a_lease()


def test_nothing_to_do_is_no_lease() -> None:
    transport, _ = answering(httpx.Response(204))
    assert client_of(transport).lease(REQUEST) is None


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(429),
        problem(503, "service_unavailable"),
        httpx.Response(500, text="<html>"),
        httpx.Response(200, text="<html>a proxy's page</html>"),
        httpx.ReadTimeout("too slow"),
        httpx.ConnectError("refused"),
    ],
    ids=["429", "503", "500", "undecodable", "timeout", "refused"],
)
def test_what_may_pass_is_tried_again(response: httpx.Response | Exception) -> None:
    sleeps: list[float] = []
    transport, seen = answering(response, response, ACCEPTED)
    assert client_of(transport, sleeps).put_result(TOKEN, RESULT_ID, a_result()).status == "accepted"
    assert len(seen) == 3
    assert len(sleeps) == 2


def test_a_service_that_stays_away_is_unavailable_and_named() -> None:
    transport, seen = answering(httpx.ConnectError("refused"))
    with pytest.raises(ServiceUnavailable, match=r"http://service.*refused"):
        client_of(transport).lease(REQUEST)
    assert len(seen) == 4


@pytest.mark.parametrize("response", [problem(503, "service_unavailable"), httpx.ConnectError("refused")])
def test_every_request_has_an_id_that_the_error_names(response: httpx.Response | Exception) -> None:
    transport, seen = answering(response)
    with pytest.raises(ServiceUnavailable) as raised:
        client_of(transport).lease(REQUEST)
    sent = [request.headers["x-request-id"] for request in seen]
    assert len(set(sent)) == len(sent) == 4
    assert f"(request {sent[-1]})" in str(raised.value)
    assert raised.value.extra["request_id"] == sent[-1]


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (problem(410, "lease_expired"), LeaseExpired),
        (problem(422, "result_mismatch"), ResultMismatch),
        (problem(409, "agent_too_old"), AgentTooOld),
        (httpx.Response(404, text="not this server"), LatencyError),
    ],
)
def test_other_refusals_are_raised_at_once(response: httpx.Response, error: type[LatencyError]) -> None:
    sleeps: list[float] = []
    transport, seen = answering(response)
    with pytest.raises(error) as caught:
        client_of(transport, sleeps).put_result(TOKEN, RESULT_ID, a_result())
    assert type(caught.value) is error
    assert len(seen) == 1
    assert sleeps == []


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:20 GMT", "date": "Thu, 01 Jan 2026 12:00:00 GMT"}, 20.0),
    ],
)
def test_retry_after_is_obeyed(headers: dict[str, str], wait_s: float) -> None:
    sleeps: list[float] = []
    transport, _ = answering(httpx.Response(503, headers=headers), ACCEPTED)
    client_of(transport, sleeps).put_result(TOKEN, RESULT_ID, a_result())
    assert sleeps == [wait_s]


@pytest.mark.parametrize("call", [lambda client: client.renew(TOKEN), lambda client: client.release(TOKEN)])
def test_renewing_and_releasing_are_tried_once(call: Callable[[object], object]) -> None:
    transport, seen = answering(httpx.ConnectError("refused"))
    with pytest.raises(ServiceUnavailable):
        call(client_of(transport))
    assert len(seen) == 1


def test_a_renewal_tells_what_was_cancelled() -> None:
    transport, _ = answering(httpx.Response(200, json={"expires_at": NOON.isoformat(), "cancelled": ["job-3"]}))
    assert client_of(transport).renew(TOKEN).cancelled == ("job-3",)
