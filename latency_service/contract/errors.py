"""The error tree: every error that crosses a wire or reaches a person.

LatencyError
+-- InvalidInput            the caller's request cannot be right          (HTTP 422)
|   +-- ImpossibleOp            an OpSpec breaks a rule
|   +-- InvalidKey              a text key does not parse
|   +-- ImpossibleNetwork       a NetworkSpec's shapes do not chain
|   +-- ResultMismatch          a result does not fit its job, or its UUID came before with another body
|   +-- ImportRefused           rows of a file cannot become entries; nothing of it was taken
+-- Unauthorized            no API key, or none that is good             (HTTP 401)
+-- Forbidden               the key may not do this                      (HTTP 403)
+-- NotFound                the named thing is not there                  (HTTP 404)
|   +-- DeviceNotFound, ProfileNotFound, TableNotFound, SnapshotNotFound, WorkloadNotFound, ApiKeyNotFound, UnknownName
|   +-- MissingEntries          the table lacks keys that were asked for
+-- NotAcceptable           there is no form of it that the caller takes (HTTP 406)
+-- Conflict                the thing is in another state                 (HTTP 409)
|   +-- DeviceStateUnknown      the agent must register its device state first
|   +-- AgentTooOld             the agent speaks a protocol the service no longer takes
+-- Gone                    the thing has ended                           (HTTP 410)
|   +-- LeaseExpired            the lease ended before the call arrived
+-- TooLarge                the body is larger than the service takes    (HTTP 413)
+-- TooManyRequests         the caller asks too often                    (HTTP 429)
+-- ServiceUnavailable      the service cannot be reached or used now     (HTTP 503)
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class LatencyError(Exception):
    """The root: something that a person can read and act upon.

    Attributes:
        code: Stable name of the error on the wire.
        extra: Further members of the problem document, JSON-serialisable.
    """

    code: ClassVar[str] = "latency_error"

    def __init__(self, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.extra = extra


class InvalidInput(LatencyError):
    """The request cannot be right, whatever the state of the service."""

    code = "invalid_input"


class ImpossibleOp(InvalidInput):
    """An OpSpec breaks a rule; no device could run it."""

    code = "impossible_op"


class InvalidKey(InvalidInput):
    """A text key does not parse into an op or a network."""

    code = "invalid_key"


class ImpossibleNetwork(InvalidInput):
    """A NetworkSpec's ops do not fit behind each other."""

    code = "impossible_network"


class ResultMismatch(InvalidInput):
    """A result does not fit its job, or its UUID was used before with another body."""

    code = "result_mismatch"


class ImportRefused(InvalidInput):
    """Rows of a file cannot become entries; `rows` lists each with its line and the reason. Nothing of it was taken."""

    code = "import_refused"


class Unauthorized(LatencyError):
    """The request has no API key, or one that is unknown or revoked; send `Authorization: Bearer KEY`."""

    code = "unauthorized"


class Forbidden(LatencyError):
    """The API key may not do this; its scope is another one, or the device is another key's."""

    code = "forbidden"


class NotFound(LatencyError):
    """The named thing is not there."""

    code = "not_found"


class UnknownName(NotFound):
    """A name is none of the known ones: a space, a network, a runtime, a data set."""

    code = "unknown_name"


class DeviceNotFound(NotFound):
    """No device of that name has registered; start an agent with `device-agent run`."""

    code = "device_not_found"


class ProfileNotFound(NotFound):
    """No profile has that id."""

    code = "profile_not_found"


class TableNotFound(NotFound):
    """No measurement was ever taken on that device under those conditions."""

    code = "table_not_found"


class SnapshotNotFound(NotFound):
    """No snapshot has that id, or the table has none yet."""

    code = "snapshot_not_found"


class ApiKeyNotFound(NotFound):
    """No API key has that id; `latency-service keys list` shows them."""

    code = "api_key_not_found"


class WorkloadNotFound(NotFound):
    """No profile has ever asked for that workload."""

    code = "workload_not_found"


class MissingEntries(NotFound):
    """The table lacks some of the keys; `missing` lists all of them, `profile_request` would measure them."""

    code = "missing_entries"


class NotAcceptable(LatencyError):
    """There is no form of it that the caller takes; Accept and Accept-Encoding say which it does."""

    code = "not_acceptable"


class Conflict(LatencyError):
    """The thing is in a state in which this cannot be done."""

    code = "conflict"


class DeviceStateUnknown(Conflict):
    """The device has never registered that state; register again."""

    code = "device_state_unknown"


class AgentTooOld(Conflict):
    """The agent speaks a protocol that the service no longer takes; upgrade the agent."""

    code = "agent_too_old"


class Gone(LatencyError):
    """The thing has ended and will not come back."""

    code = "gone"


class LeaseExpired(Gone):
    """The lease ended before the call arrived; the job may already be lent to another agent."""

    code = "lease_expired"


class TooLarge(LatencyError):
    """The body is larger than the service takes; send less at once."""

    code = "too_large"


class TooManyRequests(LatencyError):
    """The caller asks too often; wait for as long as Retry-After says."""

    code = "too_many_requests"


class ServiceUnavailable(LatencyError):
    """The service cannot be reached, or cannot work now; try again later."""

    code = "service_unavailable"


class Problem(BaseModel):
    """An RFC 9457 problem document (`application/problem+json`); errors may add members of their own.

    Attributes:
        request_id: Names the request in the service's log, and the answer's `X-Request-ID`.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    instance: str | None = None
    request_id: str | None = None


def error_from_problem(problem: Problem) -> LatencyError:
    """Return the error that a problem document stands for; an unknown code becomes the root class."""
    error_class = next((cls for cls in _subclasses(LatencyError) if cls.code == problem.code), LatencyError)
    return error_class(problem.detail, **(problem.model_extra or {}))


def _subclasses(cls: type[LatencyError]) -> Iterator[type[LatencyError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _subclasses(child)
