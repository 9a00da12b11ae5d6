"""What every runtime owes, whichever it is."""

import numpy as np
import pytest

from device_agents.runtimes.base import Runtime, UnsupportedWorkload, WorkloadOutOfMemory
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
from latency_service.contract.ops import ConvBnAct
from tests.unit.device_agents.runtimes.engines import ENGINES

OP = parse_key("v1-mbconv-6x7x4-out8-k3-s2-e3-skip0-relu6")

pytestmark = pytest.mark.parametrize("runtime", ENGINES.values(), ids=ENGINES.keys())


def test_an_installed_runtime_is_available_and_tells_its_version(runtime: Runtime) -> None:
    status = runtime.probe()
    assert status.available, status.reason
    assert status.version is not None
    assert status.version[0].isdigit()


def test_a_workload_runs_on_inputs_of_its_own(runtime: Runtime) -> None:
    loaded = runtime.load(OP, Conditions(runtime=runtime.name))
    for _ in range(10):
        loaded.next_input()
        loaded.run()
        loaded.run()
        loaded.synchronize()
    loaded.close()


def test_facts_tell_what_really_ran(runtime: Runtime) -> None:
    loaded = runtime.load(OP, Conditions(runtime=runtime.name))
    assert loaded.facts["runtime_version"] == runtime.probe().version
    assert loaded.facts["inputs"] == 4
    assert all(isinstance(value, str | int | float | bool | None) for value in loaded.facts.values())
    loaded.close()


def test_output_has_the_ops_shape_channels_first_for_the_batch_size_asked_for(runtime: Runtime) -> None:
    loaded = runtime.load(OP, Conditions(runtime=runtime.name, batch_size=3))
    output = loaded.infer(np.zeros((3, 4, 6, 7), np.float32))
    loaded.close()
    assert output.shape == (3, 8, 3, 4)
    assert output.dtype == np.float32


def test_inferring_between_runs_changes_neither(runtime: Runtime) -> None:
    loaded = runtime.load(OP, Conditions(runtime=runtime.name))
    images = np.random.default_rng(0).standard_normal((1, 4, 6, 7)).astype(np.float32)
    before = loaded.infer(images).copy()
    loaded.next_input()
    loaded.run()
    np.testing.assert_array_equal(loaded.infer(images), before)
    loaded.close()


def test_the_seed_decides_the_weights(runtime: Runtime) -> None:
    images = np.ones((1, 4, 6, 7), np.float32)
    first, again, other = (runtime.load(OP, Conditions(runtime=runtime.name), seed).infer(images) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_more_threads_give_the_same_output(runtime: Runtime) -> None:
    images = np.ones((1, 4, 6, 7), np.float32)
    one, two = (runtime.load(OP, Conditions(runtime=runtime.name, threads=threads)) for threads in (1, 2))
    np.testing.assert_allclose(two.infer(images), one.infer(images), rtol=1e-5, atol=1e-6)
    one.next_input()


def test_closing_twice_is_closing_once(runtime: Runtime) -> None:
    loaded = runtime.load(OP, Conditions(runtime=runtime.name))
    loaded.close()
    loaded.close()


def test_closing_one_workload_leaves_another_running(runtime: Runtime) -> None:
    first, second = (runtime.load(OP, Conditions(runtime=runtime.name)) for _ in range(2))
    first.close()
    second.next_input()
    second.run()
    second.close()


@pytest.mark.parametrize("change", [{"precision": "fp16"}, {"mode": "graph"}, {"backend": "abacus"}])
def test_conditions_that_no_runtime_offers_on_the_cpu_are_refused_by_name(
    runtime: Runtime, change: dict[str, str]
) -> None:
    ((name, value),) = change.items()
    conditions = Conditions.model_validate({"runtime": runtime.name, **change})
    with pytest.raises(UnsupportedWorkload, match=f"{name} .*'{value}'"):
        runtime.load(OP, conditions)


def test_maps_beyond_the_hosts_memory_are_refused_before_they_are_drawn(runtime: Runtime) -> None:
    op = parse_key("v1-max_pool-65536x65536x64-k3-s2")
    with pytest.raises(WorkloadOutOfMemory, match="batch size"):
        runtime.load(op, Conditions(runtime=runtime.name, batch_size=64))


def test_weights_beyond_what_a_model_file_holds_are_refused(runtime: Runtime) -> None:
    op = ConvBnAct(input_height=1, input_width=1, in_channels=65_536, out_channels=65_536, kernel_size=1)
    with pytest.raises(UnsupportedWorkload, match="model file"):
        runtime.load(op, Conditions(runtime=runtime.name))
