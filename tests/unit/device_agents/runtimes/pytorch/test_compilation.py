"""The real inductor: its first compilation in a process takes seconds, so one op is compiled for several tests."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.runtimes.pytorch.compilation import Forward, compile_module

IMAGES = torch.randn(1, 3, 6, 6, generator=torch.Generator().manual_seed(0))


def pool() -> nn.Module:
    return nn.Sequential(nn.MaxPool2d(3, 2, 1), nn.ReLU6()).eval()


@pytest.fixture(scope="module")
def compiled() -> Forward:
    return torch.inference_mode()(compile_module(pool(), IMAGES))


def count_graphs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with each graph that inductor is given; what runs is the graph as it is."""
    graphs: list[int] = []

    def record(graph: torch.fx.GraphModule, inputs: object, options: object) -> Callable[..., object]:
        graphs.append(len(graph.graph.nodes))
        return graph.forward

    monkeypatch.setattr("torch._inductor.compile", record)
    return graphs


def test_a_compiled_module_computes_the_same(compiled: Forward) -> None:
    torch.testing.assert_close(compiled(IMAGES), pool()(IMAGES))


def test_another_input_of_the_same_kind_compiles_nothing(compiled: Forward) -> None:
    images = torch.randn_like(IMAGES)
    torch.testing.assert_close(compiled(images), pool()(images))


def test_what_would_compile_again_within_a_timed_window_is_an_error(compiled: Forward) -> None:
    with pytest.raises(RuntimeError, match="wants to compile a workload again"):
        compiled(torch.randn(2, 3, 8, 8))


def test_all_of_a_module_is_one_graph_compiled_before_anything_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs = count_graphs(monkeypatch)
    forward = torch.inference_mode()(compile_module(pool(), IMAGES))
    assert len(graphs) == 1
    forward(IMAGES)
    assert len(graphs) == 1


def test_many_modules_in_one_process_are_compiled_each(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs = count_graphs(monkeypatch)
    number = torch._dynamo.config.recompile_limit + 2
    forwards = [torch.inference_mode()(compile_module(nn.Hardtanh(0, size + 1), IMAGES)) for size in range(number)]
    assert len(graphs) == number
    assert [forward(torch.full_like(IMAGES, 100)).max().item() for forward in forwards] == [*range(1, number + 1)]


def test_a_module_that_breaks_into_several_graphs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Branching(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + 1 if x.sum() > 0 else x - 1

    count_graphs(monkeypatch)
    with pytest.raises(RuntimeError, match="branching"):
        compile_module(Branching(), IMAGES)


def test_a_host_without_a_compiler_is_told_to_install_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._inductor.exc import InvalidCxxCompiler

    def refuse(*_: object, **__: object) -> None:
        raise InvalidCxxCompiler

    monkeypatch.setattr("torch._inductor.compile", refuse)
    with pytest.raises(UnsupportedWorkload, match=r"C\+\+ compiler.*install g\+\+"):
        compile_module(pool(), IMAGES)


def test_a_module_that_was_silently_left_as_it_is_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda module, **_: module)
    with pytest.raises(UnsupportedWorkload, match="compiled nothing"):
        compile_module(pool(), IMAGES)
