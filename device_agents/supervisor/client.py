"""ServiceClient: the latency service's resources as an agent uses them."""

from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from uuid import UUID, uuid4

import httpx
from pydantic import BaseModel, ValidationError

from device_agents.supervisor.answers import Answer, read_answer
from device_agents.supervisor.retry import Retry
from latency_service.contract.device import DeviceName
from latency_service.contract.errors import (
    LatencyError,
    Problem,
    ServiceUnavailable,
    TooLarge,
    error_from_problem,
)
from latency_service.contract.messages import (
    DeviceRegistered,
    DeviceRegistration,
    IdentifiedResult,
    JobResult,
    Lease,
    LeaseRenewed,
    LeaseRequest,
    LeaseToken,
    ResultAccepted,
    ResultBatch,
    ResultBatchAnswer,
)

_REQUEST_ID = "X-Request-ID"


class ServiceClient:
    """Sends and gets the messages of the contract. Timeouts, 429, 5xx and undecodable bodies are tried again.

    Every request has an id, which the service's log knows it by; errors of the service name it.

    Every method raises ServiceUnavailable where the service cannot be reached or used (`status` in its `extra` where it
    has answered), and otherwise the error that the service answered.

    Args:
        http: Its base URL is the service's.
        retry: What is done about a service that is away.
    """

    def __init__(self, http: httpx.Client, retry: Retry) -> None:
        self._http = http
        self._retry = retry

    def register(self, registration: DeviceRegistration) -> DeviceRegistered:
        """Say what this device is; get the intervals to keep."""
        return self._retry.call(lambda: self._ask("POST", "/v1/devices", DeviceRegistered, registration))

    def lease(self, request: LeaseRequest) -> Lease | None:
        """Borrow a batch of jobs, or None where there is nothing to do."""

        def ask() -> Lease | None:
            response = self._send("POST", "/v1/leases", request)
            return None if response.status_code == httpx.codes.NO_CONTENT else _decoded(response, Lease)

        return self._retry.call(ask)

    def renew(self, token: LeaseToken) -> LeaseRenewed:
        """Keep a lease. Tried once: the next renewal is the retry."""
        return self._ask("PUT", f"/v1/leases/{token}", LeaseRenewed)

    def put_result(self, token: LeaseToken, result_id: UUID, result: JobResult) -> ResultAccepted:
        """Hand in one result; the same one any number of times."""
        path = f"/v1/leases/{token}/results/{result_id}"
        return self._retry.call(lambda: self._ask("PUT", path, ResultAccepted, result))

    def post_results(self, token: LeaseToken, results: Sequence[IdentifiedResult]) -> ResultBatchAnswer:
        """Hand in several results of one lease; each stands or falls by itself."""
        batch = ResultBatch(results=tuple(results))
        path = f"/v1/leases/{token}/results"
        return self._retry.call(lambda: self._ask("POST", path, ResultBatchAnswer, batch))

    def deregister(self, name: DeviceName, agent_id: str) -> None:
        """Say goodbye for a device. Tried once: a device that does not say so is missed soon enough."""
        self._send("DELETE", f"/v1/devices/{name}/registration?agent_id={agent_id}")

    def release(self, token: LeaseToken) -> None:
        """Give a lease back. Tried once: a lease that is not given back expires."""
        self._send("DELETE", f"/v1/leases/{token}")

    def _ask(self, method: str, path: str, answer: type[Answer], body: BaseModel | None = None) -> Answer:
        return _decoded(self._send(method, path, body), answer)

    def _send(self, method: str, path: str, body: BaseModel | None = None) -> httpx.Response:
        content = None if body is None else body.model_dump_json()
        headers = {_REQUEST_ID: uuid4().hex} | ({} if body is None else {"content-type": "application/json"})
        try:
            response = self._http.request(method, path, content=content, headers=headers)
        except (httpx.TransportError, httpx.DecodingError) as error:
            url, named = self._http.base_url, headers[_REQUEST_ID]
            raise ServiceUnavailable(
                f"the service at {url} cannot be reached: {_cause(error)} (request {named})", request_id=named
            ) from error
        _raise_for(response)
        return response


def _raise_for(response: httpx.Response) -> None:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        named = response.request.headers[_REQUEST_ID]
        message = f"{response.request.url} answered {status}: {_detail(response)} (request {named})"
        raise ServiceUnavailable(message, retry_after_s=_retry_after_s(response), status=status, request_id=named)
    if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        raise TooLarge(f"{response.request.url} takes no body of {len(response.request.content)} bytes")
    if not response.is_success:
        problem = _problem(response)
        if problem is None:
            raise LatencyError(
                f"{response.request.url} answered {status}, which no latency service would: {_detail(response)}"
            )
        raise error_from_problem(problem)


def _decoded(response: httpx.Response, answer: type[Answer]) -> Answer:
    try:
        return read_answer(response.content, answer)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ServiceUnavailable(f"{response.request.url} answered no {answer.__name__}: {reason}") from None


def _problem(response: httpx.Response) -> Problem | None:
    try:
        return Problem.model_validate_json(response.content)
    except ValidationError:
        return None


def _detail(response: httpx.Response) -> str:
    problem = _problem(response)
    return response.text[:200] if problem is None else problem.detail


def _cause(error: Exception) -> str:
    return str(error) or type(error).__name__


def _retry_after_s(response: httpx.Response) -> float | None:
    """Return the seconds that a Retry-After header asks for; it may also name a date."""
    text = response.headers.get("retry-after", "")
    if text.isdigit():
        return float(text)
    try:
        then, now = (parsedate_to_datetime(value) for value in (text, response.headers.get("date", "")))
    except ValueError:
        return None
    return max(0.0, (then - now).total_seconds())
