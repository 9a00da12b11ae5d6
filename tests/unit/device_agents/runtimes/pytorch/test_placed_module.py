import numpy as np
import pytest
import torch

from device_agents.runtimes.preparation import prepare
from device_agents.runtimes.pytorch.placed_module import PlacedModule
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key

OP = parse_key("v1-mbconv-6x7x4-out8-k3-s2-e3-skip0-relu6")
IMAGES = np.random.default_rng(0).standard_normal((1, 4, 6, 7)).astype(np.float32)


def place(**changes: object) -> PlacedModule:
    conditions = Conditions.model_validate({"runtime": "torch", **changes})
    return PlacedModule(prepare(OP, conditions, seed=0), conditions, "cpu")


def test_each_next_input_changes_what_runs_until_the_first_comes_again() -> None:
    placed, seen = place(), []
    for _ in range(5):
        seen.append(placed.input.numpy().tobytes())
        placed.next_input()
    assert len(set(seen)) == 4
    assert seen[0] == seen[4]


def test_the_static_input_stays_where_it_is() -> None:
    placed = place()
    before = placed.input.data_ptr()
    placed.next_input()
    placed.overwrite_input(IMAGES)
    assert placed.input.data_ptr() == before
    np.testing.assert_array_equal(placed.input.numpy(), IMAGES)


def test_nothing_is_recorded_for_gradients() -> None:
    placed = place()
    assert placed.forward(placed.input).is_inference()


@pytest.mark.parametrize("changes", [{"layout": "channels_last"}, {"batch_norm": "separate"}, {"batch_size": 1}])
def test_layout_and_normalisation_change_no_output(changes: dict[str, object]) -> None:
    np.testing.assert_allclose(place(**changes).infer(IMAGES), place().infer(IMAGES), rtol=1e-4, atol=1e-4)


def test_channels_last_holds_for_input_kernels_and_output() -> None:
    placed = place(layout="channels_last", batch_size=2)
    output = placed.forward(placed.input)
    assert placed.input.is_contiguous(memory_format=torch.channels_last)
    assert not placed.input.is_contiguous()
    assert output.is_contiguous(memory_format=torch.channels_last)
    assert placed.facts["memory_format"] == "channels_last"


def test_half_precision_holds_for_input_and_weights_and_is_near_the_full_one() -> None:
    placed = place(precision="fp16")
    assert placed.input.dtype == placed.forward(placed.input).dtype == torch.float16
    output = placed.infer(IMAGES)
    assert output.dtype == np.float32
    np.testing.assert_allclose(output, place().infer(IMAGES), rtol=0.02, atol=0.02)
    assert placed.facts["weights"] == "float16"


def test_the_thread_count_is_that_of_the_module_whose_input_came_last() -> None:
    before = torch.get_num_threads()
    one, two = place(threads=1), place(threads=2)
    one.next_input()
    assert torch.get_num_threads() == 1
    two.next_input()
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_a_compiled_module_says_so_and_computes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch._inductor.compile", lambda graph, inputs, options: graph.forward)
    compiled = place(mode="compile", layout="channels_last")
    assert compiled.facts["compiler"] == "inductor"
    assert place().facts["compiler"] is None
    np.testing.assert_allclose(compiled.infer(IMAGES), place().infer(IMAGES), rtol=1e-5, atol=1e-6)
