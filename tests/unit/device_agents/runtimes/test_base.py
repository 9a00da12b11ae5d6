"""What every runtime owes, whichever it is."""

import numpy as np
import pytest

from device_agents.runtimes.base import Runtime, UnsupportedWorkload, WorkloadOutOfMemory
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
from latency_service.contract.ops import ConvBnAct
from tests.unit.device_agents.runtimes.engines import ENGINES, ENGINES_AND_CONDITIONS

OP = parse_key("v1-mbconv-6x7x4-out8-k3-s2-e3-skip0-relu6")

each_engine = pytest.mark.parametrize("runtime", ENGINES.values(), ids=ENGINES.keys())
each_precision = pytest.mark.parametrize(
    ("runtime", "conditions"), ENGINES_AND_CONDITIONS.values(), ids=ENGINES_AND_CONDITIONS.keys()
)


def evolve(conditions: Conditions, **changes: int) -> Conditions:
    return conditions.model_copy(update=changes)


@each_engine
def test_an_installed_runtime_is_available_and_tells_its_version(runtime: Runtime) -> None:
    status = runtime.probe()
    assert status.available, status.reason
    assert status.version is not None
    assert status.version[0].isdigit()


@each_precision
def test_a_workload_runs_on_inputs_of_its_own(runtime: Runtime, conditions: Conditions) -> None:
    loaded = runtime.load(OP, conditions)
    for _ in range(10):
        loaded.next_input()
        loaded.run()
        loaded.run()
        loaded.synchronize()
    loaded.close()


@each_precision
def test_facts_tell_what_really_ran(runtime: Runtime, conditions: Conditions) -> None:
    loaded = runtime.load(OP, conditions)
    assert loaded.facts["runtime_version"] == runtime.probe().version
    assert loaded.facts["inputs"] == 4
    assert all(isinstance(value, str | int | float | bool | None) for value in loaded.facts.values())
    loaded.close()


@each_precision
def test_output_has_the_ops_shape_channels_first_for_the_batch_size_asked_for(
    runtime: Runtime, conditions: Conditions
) -> None:
    loaded = runtime.load(OP, evolve(conditions, batch_size=3))
    output = loaded.infer(np.zeros((3, 4, 6, 7), np.float32))
    loaded.close()
    assert output.shape == (3, 8, 3, 4)
    assert output.dtype == np.float32


@each_precision
def test_inferring_between_runs_changes_neither(runtime: Runtime, conditions: Conditions) -> None:
    loaded = runtime.load(OP, conditions)
    images = np.random.default_rng(0).standard_normal((1, 4, 6, 7)).astype(np.float32)
    before = loaded.infer(images).copy()
    loaded.next_input()
    loaded.run()
    np.testing.assert_array_equal(loaded.infer(images), before)
    loaded.close()


@each_precision
def test_the_seed_decides_the_weights(runtime: Runtime, conditions: Conditions) -> None:
    images = np.ones((1, 4, 6, 7), np.float32)
    first, again, other = (runtime.load(OP, conditions, seed).infer(images) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@each_precision
def test_more_threads_give_the_same_output(runtime: Runtime, conditions: Conditions) -> None:
    images = np.ones((1, 4, 6, 7), np.float32)
    one, two = (runtime.load(OP, evolve(conditions, threads=threads)) for threads in (1, 2))
    np.testing.assert_allclose(two.infer(images), one.infer(images), rtol=1e-5, atol=1e-6)
    one.next_input()


@each_precision
def test_closing_twice_is_closing_once(runtime: Runtime, conditions: Conditions) -> None:
    loaded = runtime.load(OP, conditions)
    loaded.close()
    loaded.close()


@each_precision
def test_closing_one_workload_leaves_another_running(runtime: Runtime, conditions: Conditions) -> None:
    first, second = (runtime.load(OP, conditions) for _ in range(2))
    first.close()
    second.next_input()
    second.run()
    second.close()


@each_engine
@pytest.mark.parametrize("change", [{"precision": "fp16"}, {"mode": "graph"}, {"backend": "abacus"}])
def test_conditions_that_no_runtime_offers_on_the_cpu_are_refused_by_name(
    runtime: Runtime, change: dict[str, str]
) -> None:
    ((name, value),) = change.items()
    conditions = Conditions.model_validate({"runtime": runtime.name, **change})
    with pytest.raises(UnsupportedWorkload, match=f"{name} .*'{value}'"):
        runtime.load(OP, conditions)


@each_precision
def test_maps_beyond_the_hosts_memory_are_refused_before_they_are_drawn(
    runtime: Runtime, conditions: Conditions
) -> None:
    op = parse_key("v1-max_pool-65536x65536x64-k3-s2")
    with pytest.raises(WorkloadOutOfMemory, match="batch size"):
        runtime.load(op, evolve(conditions, batch_size=64))


@each_engine
def test_weights_beyond_what_a_model_file_holds_are_refused(runtime: Runtime) -> None:
    op = ConvBnAct(input_height=1, input_width=1, in_channels=65_536, out_channels=65_536, kernel_size=1)
    with pytest.raises(UnsupportedWorkload, match="model file"):
        runtime.load(op, Conditions(runtime=runtime.name))
