"""torch.compile with nothing left to chance: one whole graph, compiled before anything is timed, and never again."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from device_agents.runtimes.base import UnsupportedWorkload

Forward = Callable[[Tensor], Tensor]


def compile_module(module: nn.Module, example: Tensor) -> Forward:
    """Return a module compiled by inductor for inputs like the example, which it has run once.

    Raises:
        UnsupportedWorkload: This host has no C++ compiler, or torch.compile left the module as it is.
        RuntimeError: The module cannot be compiled as one graph, or inductor refuses it.
    """
    compiler = _Inductor()

    def forward(x: Tensor) -> Tensor:
        output: Tensor = module(x)
        return output

    # A code object of its own: dynamo keeps what it compiled by code object, and gives up after the eighth module.
    forward.__code__ = forward.__code__.replace()
    compiled: Forward = torch.compile(forward, fullgraph=True, dynamic=False, backend=compiler)
    with torch.inference_mode():
        _run_first(compiled, example)
    if not compiler.has_compiled:
        raise UnsupportedWorkload("torch.compile compiled nothing: is TORCHDYNAMO_DISABLE set?")
    return compiled


class _Inductor:
    """The inductor backend, which compiles once."""

    def __init__(self) -> None:
        self.has_compiled = False

    def __call__(self, graph: torch.fx.GraphModule, inputs: list[Any]) -> Callable[..., Any]:
        if self.has_compiled:
            raise RuntimeError("torch.compile wants to compile a workload again; that time would be counted as its own")
        self.has_compiled = True
        from torch import _inductor

        # In this process: a pool of compiling processes would live on beside the measuring one.
        compiled: Callable[..., Any] = _inductor.compile(graph, inputs, options={"compile_threads": 1})
        return compiled


def _run_first(compiled: Forward, example: Tensor) -> None:
    from torch._dynamo.exc import BackendCompilerFailed
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        compiled(example)
    except BackendCompilerFailed as error:
        if isinstance(error.inner_exception, InvalidCxxCompiler):
            raise UnsupportedWorkload(
                "torch.compile needs a C++ compiler, and this host has none: install g++, or name one by CXX"
            ) from error
        raise
