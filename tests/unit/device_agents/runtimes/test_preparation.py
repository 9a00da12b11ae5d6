import numpy as np
import pytest

from device_agents.host.memory import Memory
from device_agents.runtimes.base import UnsupportedWorkload, WorkloadOutOfMemory
from device_agents.runtimes.preparation import MAX_INPUT_BYTES, MAX_INPUTS, draw_inputs, prepare
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
from latency_service.contract.ops import ConvBnAct, Shape


def test_inputs_are_random_and_all_different() -> None:
    inputs = draw_inputs(Shape(5, 6, 3), batch_size=2, seed=0)
    assert len(inputs) == MAX_INPUTS
    assert {images.shape for images in inputs} == {(2, 3, 5, 6)}
    assert {images.dtype for images in inputs} == {np.dtype(np.float32)}
    assert len({images.tobytes() for images in inputs}) == MAX_INPUTS
    assert all(np.count_nonzero(images) == images.size for images in inputs)


def test_the_same_seed_draws_the_same_inputs() -> None:
    first, second = (draw_inputs(Shape(2, 2, 2), 1, seed=5) for _ in range(2))
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_large_inputs_are_fewer() -> None:
    half = Shape(MAX_INPUT_BYTES // 4 // 1024 // 2, 1024, 1)
    assert len(draw_inputs(half, batch_size=1, seed=0)) == 2


def test_an_input_beyond_the_bound_is_drawn_once() -> None:
    beyond = Shape(MAX_INPUT_BYTES // 4 // 1024 + 1, 1024, 1)
    assert len(draw_inputs(beyond, batch_size=1, seed=0)) == 1


def test_only_integers_have_scales_one_for_each_map() -> None:
    op = parse_key("v1-mbconv-5x5x4-out4-k3-s1-e2-skip1-relu6")
    assert not prepare(op, Conditions(runtime="any"), seed=0).scales
    quantized = prepare(op, Conditions(runtime="any", precision="int8"), seed=0)
    assert set(quantized.scales) == {"images", "op0_expand", "op0_depthwise", "op0_project", "op0_add"}


# 4 Mi values in and as many out; the input that is drawn for it takes 16 MiB.
LARGE = parse_key("v1-identity-256x256x64")


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device_agents.runtimes.preparation.read_memory", lambda files: Memory(2**30, 40 * 2**20))


@pytest.mark.usefixtures("little_memory")
def test_the_precision_decides_how_much_memory_a_workload_takes() -> None:
    prepare(LARGE, Conditions(runtime="any", precision="fp16"), seed=0)
    with pytest.raises(WorkloadOutOfMemory, match="at least 50331648 bytes, and 41943040 are free"):
        prepare(LARGE, Conditions(runtime="any", precision="fp32"), seed=0)


@pytest.mark.usefixtures("little_memory")
def test_the_floats_of_calibration_count_among_what_int8_takes() -> None:
    with pytest.raises(WorkloadOutOfMemory, match="at least 50331648 bytes"):
        prepare(LARGE, Conditions(runtime="any", precision="int8"), seed=0)


@pytest.mark.usefixtures("little_memory")
def test_a_model_file_holds_more_weights_of_fewer_bits() -> None:
    op = ConvBnAct(input_height=1, input_width=1, in_channels=32_768, out_channels=32_768, kernel_size=1)
    with pytest.raises(UnsupportedWorkload, match="4295098368 bytes; a model file holds"):
        prepare(op, Conditions(runtime="any", precision="fp32"), seed=0)
    with pytest.raises(WorkloadOutOfMemory):
        prepare(op, Conditions(runtime="any", precision="int8"), seed=0)
