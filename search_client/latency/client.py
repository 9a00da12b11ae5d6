"""ServiceClient: the latency service over HTTP; problem documents come back as the contract's errors."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar
from uuid import uuid4

import httpx
import stamina
from pydantic import BaseModel, ValidationError

from latency_service.contract.conditions import Precision
from latency_service.contract.errors import LatencyError, Problem, ServiceUnavailable, error_from_problem
from latency_service.contract.keys import OpKey
from latency_service.contract.messages import (
    Advice,
    AdviceRequest,
    Device,
    DeviceList,
    LookupAnswer,
    LookupRequest,
    MeasurementPage,
    ProfileCreated,
    ProfileId,
    ProfileRequest,
    ProfileStatus,
    Snapshot,
    SnapshotId,
    Table,
    TableId,
    TableList,
)
from latency_service.contract.network import WorkloadKey

Answer = TypeVar("Answer", bound=BaseModel)
QueryValue = str | int | float | bool | None

REQUEST_TIMEOUT_S = 30.0
RETRY_ATTEMPTS = 7
RETRY_LONGEST_WAIT_S = 2.0

_REQUEST_ID = "X-Request-ID"


class ServiceClient:
    """Speaks to one latency service; a context manager that closes its connections.

    Every method raises the contract's error that the service answered, or ServiceUnavailable where the service cannot
    be reached or does not answer like one; connection errors, 429 and 5xx are retried a few times first. All
    requests may be repeated safely: a profile asked for twice shares its jobs. Each has an id, which the service's log
    knows it by; errors of the service's own name it.

    Args:
        url: Of the service, such as the one that `latency-service serve` prints.
        transport: What carries the requests; None means the network.
        key: The API key, where the service asks for one.
    """

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None, key: str | None = None) -> None:
        self._url = url.rstrip("/")
        try:
            self._http = httpx.Client(
                base_url=self._url,
                transport=transport,
                headers={} if key is None else {"Authorization": f"Bearer {key}"},
                timeout=REQUEST_TIMEOUT_S,
                event_hooks={"request": [_name_request]},
            )
        except httpx.InvalidURL as error:
            raise ServiceUnavailable(f"{url!r} is no URL of a service: {error}") from None
        self._retrying = stamina.RetryingCaller(
            attempts=RETRY_ATTEMPTS, wait_initial=0.2, wait_max=RETRY_LONGEST_WAIT_S
        ).on(_is_worth_another_try)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def devices(self) -> tuple[Device, ...]:
        """Return every device that the service knows."""
        return self._get(DeviceList, "/v1/devices").devices

    def device(self, name: str) -> Device:
        """Return one device."""
        return self._get(Device, f"/v1/devices/{name}")

    def create_profile(self, request: ProfileRequest) -> ProfileCreated:
        """Ask for workloads to be measured."""
        return self._post(ProfileCreated, "/v1/profiles", request)

    def profile(self, profile_id: ProfileId) -> ProfileStatus:
        """Return how far a profile is."""
        return self._get(ProfileStatus, f"/v1/profiles/{profile_id}")

    def tables(
        self,
        device: str | None = None,
        runtime: str | None = None,
        precision: Precision | None = None,
        threads: int | None = None,
        batch_size: int | None = None,
    ) -> tuple[Table, ...]:
        """Return the tables that match, those of the devices' present state first."""
        query = dict(device=device, runtime=runtime, precision=precision, threads=threads, batch_size=batch_size)
        return self._get(TableList, "/v1/tables", query).tables

    def latest_snapshot(self, table_id: TableId) -> Snapshot:
        """Return the newest snapshot of a table."""
        return self._get(Snapshot, f"/v1/tables/{table_id}/snapshots/latest")

    def snapshot(self, snapshot_id: SnapshotId) -> Snapshot:
        """Return a snapshot by its id; it never changes."""
        return self._get(Snapshot, f"/v1/snapshots/{snapshot_id}")

    def lookup(self, table_id: TableId, ops: Sequence[OpKey | WorkloadKey]) -> LookupAnswer:
        """Return the latencies of ops, or of networks, by their keys; MissingEntries lists all that the table lacks."""
        request = LookupRequest(ops=tuple(WorkloadKey(op) for op in ops))
        return self._post(LookupAnswer, f"/v1/tables/{table_id}/lookup", request)

    def advice(self, table_id: TableId, request: AdviceRequest) -> Advice:
        """Return which ops that the table lacks to measure next."""
        return self._post(Advice, f"/v1/tables/{table_id}/advice", request)

    def measurements(
        self,
        table: TableId,
        op: OpKey | WorkloadKey | None = None,
        after: int | None = None,
        samples: bool = False,
    ) -> MeasurementPage:
        """Return one page of a table's measurements, oldest first, with raw samples where asked for."""
        query = dict(table=table, op=op, after=after, samples=samples)
        return self._get(MeasurementPage, "/v1/measurements", query)

    def _get(self, answer_type: type[Answer], path: str, query: Mapping[str, QueryValue] | None = None) -> Answer:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        return self._exchange(answer_type, lambda: self._http.get(path, params=given))

    def _post(self, answer_type: type[Answer], path: str, message: BaseModel) -> Answer:
        headers = {"content-type": "application/json"}
        content = message.model_dump_json().encode()
        return self._exchange(answer_type, lambda: self._http.post(path, content=content, headers=headers))

    def _exchange(self, answer_type: type[Answer], send: Callable[[], httpx.Response]) -> Answer:
        try:
            content = self._retrying(lambda: _content(send()))
        except _ServerFault as fault:
            raise fault.error from None
        except httpx.TransportError as error:
            raise ServiceUnavailable(
                f"the latency service at {self._url} cannot be reached ({error or type(error).__name__}); "
                "is `latency-service serve` running, and is --server its address?"
            ) from error
        try:
            with _without_collecting():
                return answer_type.model_validate_json(content)
        except ValidationError as error:
            raise ServiceUnavailable(
                f"{self._url} answered what is no {answer_type.__name__} ({error.error_count()} faults); "
                "is it a latency service of this version?"
            ) from error


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Keep the garbage collector away while thousands of objects are made that all stay.

    It would walk all objects several times meanwhile: a snapshot of 20,000 entries takes 50 ms without, 190 with it.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _ServerFault(Exception):
    """A 5xx answer or 429, worth another try; carries the error to raise when the tries are used up."""

    def __init__(self, error: LatencyError) -> None:
        super().__init__(str(error))
        self.error = error


def _name_request(request: httpx.Request) -> None:
    request.headers[_REQUEST_ID] = uuid4().hex


def _is_worth_another_try(error: Exception) -> bool:
    return isinstance(error, (httpx.TransportError, _ServerFault)) and not isinstance(error, httpx.UnsupportedProtocol)


def _content(response: httpx.Response) -> bytes:
    if response.is_success:
        return response.content
    error = _error(response)
    if response.is_server_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise _ServerFault(error)
    raise error


def _error(response: httpx.Response) -> LatencyError:
    try:
        problem = Problem.model_validate_json(response.content)
        if response.is_server_error:
            named = response.request.headers[_REQUEST_ID]
            problem = problem.model_copy(update={"detail": f"{problem.detail} (request {named})"})
        return error_from_problem(problem)
    except ValidationError:
        message = f"{response.request.url} answered {response.status_code} without saying why"
        return ServiceUnavailable(f"{message}; is that the address of a latency service?")


def wait_for_profile(
    client: ServiceClient,
    profile_id: ProfileId,
    on_progress: Callable[[ProfileStatus], None],
    pause: Callable[[], None],
) -> ProfileStatus:
    """Ask until the profile has ended, and return its last status.

    Args:
        client: The service that runs the profile.
        profile_id: As `create_profile` answered.
        on_progress: Called with each status, the last one included.
        pause: Waits between two questions.
    """
    status = client.profile(profile_id)
    on_progress(status)
    while status.state == "running":
        pause()
        status = client.profile(profile_id)
        on_progress(status)
    return status
