"""Threads that the conditions ask for are threads that this process has."""

import gc

import psutil
import pytest

from device_agents.runtimes.base import Runtime
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
from tests.unit.device_agents.runtimes.engines import ENGINES_AND_CONDITIONS

OP = parse_key("v1-mbconv-28x28x24-out24-k3-s1-e3-skip1-relu6")
#: Not torch, whose one pool is the whole process's and never shrinks.
OWN_POOLS = {name: pair for name, pair in ENGINES_AND_CONDITIONS.items() if pair[0].name != "torch"}


@pytest.mark.parametrize(("runtime", "conditions"), OWN_POOLS.values(), ids=OWN_POOLS.keys())
def test_a_workload_has_the_caller_and_as_many_more_as_were_asked_for(runtime: Runtime, conditions: Conditions) -> None:
    alone = threads_of(runtime, conditions)
    assert alone == 0
    # TFLite's own kernels have two pools.
    assert threads_of(runtime, conditions.model_copy(update={"threads": 4})) in (3, 6)


def threads_of(runtime: Runtime, conditions: Conditions) -> int:
    """Return how many threads a running workload adds to this process."""
    runtime.load(OP, conditions).close()  # whatever the package starts once
    gc.collect()
    before = psutil.Process().num_threads()
    loaded = runtime.load(OP, conditions)
    loaded.run()
    added = psutil.Process().num_threads() - before
    loaded.close()
    return added
