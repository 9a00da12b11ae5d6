import torch

from device_agents.runtimes.torch_runtime import TorchRuntime
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key

OP = parse_key("v1-conv_bn_act-4x4x3-out4-k3-s1-g1-relu6")


def test_each_next_input_changes_what_runs_until_the_first_comes_again() -> None:
    loaded = TorchRuntime().load(OP, Conditions(runtime="torch"))
    seen = []
    for _ in range(5):
        seen.append(loaded._input.numpy().tobytes())
        loaded.next_input()
    assert len(set(seen)) == 4
    assert seen[0] == seen[4]


def test_a_run_computes_on_the_current_input_without_gradients() -> None:
    loaded = TorchRuntime().load(OP, Conditions(runtime="torch"))
    forward = loaded._forward
    given: list[torch.Tensor] = []
    outputs: list[torch.Tensor] = []

    def recording(images: torch.Tensor) -> torch.Tensor:
        given.append(images)
        outputs.append(forward(images))
        return outputs[-1]

    loaded._forward = recording
    loaded.run()
    assert given[0] is loaded._input
    assert outputs[0].is_inference()


def test_the_thread_count_is_that_of_the_workload_whose_input_came_last() -> None:
    before = torch.get_num_threads()
    one, two = (TorchRuntime().load(OP, Conditions(runtime="torch", threads=threads)) for threads in (1, 2))
    one.next_input()
    assert torch.get_num_threads() == 1
    two.next_input()
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)
