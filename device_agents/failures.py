"""From an exception of a runtime to the Failure that the service is told."""

from device_agents.runtimes.base import UnsupportedWorkload, WorkloadOutOfMemory, WorkloadTimedOut
from latency_service.contract.measurement import ErrorClass, Failure

_LONGEST = 2000


def is_out_of_memory(error: Exception) -> bool:
    """Say whether the host's memory was the reason."""
    return isinstance(error, MemoryError | WorkloadOutOfMemory)


def failure_from(error: Exception) -> Failure:
    """Return what an exception means for the job: an answer (unsupported, out of memory) or a crash."""
    return Failure(error_class=_error_class(error), message=_message(error)[:_LONGEST])


def _error_class(error: Exception) -> ErrorClass:
    if isinstance(error, UnsupportedWorkload):
        return "unsupported"
    if isinstance(error, WorkloadTimedOut):
        return "timed_out"
    return "out_of_memory" if is_out_of_memory(error) else "crashed"


def _message(error: Exception) -> str:
    if isinstance(error, UnsupportedWorkload | WorkloadOutOfMemory | WorkloadTimedOut):
        return str(error)
    return f"{type(error).__name__}: {error}"
