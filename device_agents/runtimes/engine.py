"""Engines: importing them, and telling what they refuse from what the memory lacks."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from device_agents.runtimes.base import UnsupportedWorkload, WorkloadOutOfMemory
from latency_service.contract.network import Workload, workload_key

_SIGNS_OF_EXHAUSTION = ("allocate memory", "bad_alloc", "bad allocation", "out of memory", "not enough memory")


def require_engine(module: str, extra: str) -> None:
    """Import an engine's module.

    Raises:
        UnsupportedWorkload: It cannot be imported here; the message names the extra that installs it.
    """
    try:
        import_module(module)
    except (ImportError, OSError) as error:
        raise UnsupportedWorkload(
            f"{module} cannot be imported here ({error}); install it with: pip install 'proxyless-latency[{extra}]'"
        ) from error


@contextmanager
def engine_failures(runtime: str, workload: Workload, *kinds: type[Exception]) -> Iterator[None]:
    """Turn an engine's own exceptions, of the given kinds, into errors of this house; all others pass.

    Raises:
        WorkloadOutOfMemory: The engine, or numpy, got no memory.
        UnsupportedWorkload: The engine refused the workload for another reason.
    """
    try:
        yield
    except MemoryError as error:
        raise _out_of_memory(runtime, workload, error) from error
    except kinds as error:
        if any(sign in str(error).lower() for sign in _SIGNS_OF_EXHAUSTION):
            raise _out_of_memory(runtime, workload, error) from error
        raise UnsupportedWorkload(f"{runtime} cannot run {workload_key(workload)}: {error}") from error


def _out_of_memory(runtime: str, workload: Workload, error: Exception) -> WorkloadOutOfMemory:
    return WorkloadOutOfMemory(f"no memory left to run {workload_key(workload)} with {runtime}: {error}")
