import pytest

from device_agents.runtimes.base import UnsupportedWorkload, WorkloadOutOfMemory
from device_agents.runtimes.engine import engine_failures, require_engine
from latency_service.contract.keys import parse_key

OP = parse_key("v1-identity-4x4x3")


def test_a_missing_engine_is_named_with_the_extra_that_installs_it() -> None:
    with pytest.raises(UnsupportedWorkload, match=r"no_such_engine .*proxyless-latency\[agent\]"):
        require_engine("no_such_engine", extra="agent")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("no room"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 7 bytes"),
        RuntimeError("std::bad_alloc"),
    ],
)
def test_exhausted_memory_is_told_apart(error: Exception) -> None:
    with pytest.raises(WorkloadOutOfMemory, match="v1-identity-4x4x3"), engine_failures("torch", OP, RuntimeError):
        raise error


def test_an_engines_refusal_names_workload_runtime_and_reason() -> None:
    with (
        pytest.raises(UnsupportedWorkload, match="torch cannot run v1-identity-4x4x3: no such kernel"),
        engine_failures("torch", OP, RuntimeError),
    ):
        raise RuntimeError("no such kernel")


def test_a_fault_of_our_own_passes_unchanged() -> None:
    with pytest.raises(KeyError), engine_failures("torch", OP, RuntimeError):
        raise KeyError("weights")
