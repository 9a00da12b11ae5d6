"""A stand-in for the module `onnxruntime`, built for providers that no machine of ours has.

It does what the real one was seen to do: a provider whose libraries do not load is replaced by the CPU, and so is one
that has no kernel for a node, for that node; both end in an error where the CPU is forbidden, which versions before
1.16 do not know.
"""

from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest

CPU = "CPUExecutionProvider"


class Fail(Exception):
    """The real module's class for most that goes wrong."""


@dataclass
class FakeEngine:
    """What the stand-in was built with, and what it was asked for.

    Attributes:
        available: The providers of this build.
        loadable: Those of them whose libraries load.
        left_to_cpu: Kinds of node that only the CPU has a kernel for.
        is_old: Whether it is from before the CPU could be forbidden, and before it told where the nodes are.
        sessions: Every session that was made.
    """

    available: list[str]
    loadable: list[str]
    left_to_cpu: frozenset[str] = frozenset()
    is_old: bool = False
    sessions: list["FakeSession"] = field(default_factory=list)


class FakeSession:
    """A session whose outputs are ones."""

    def __init__(
        self, engine: FakeEngine, model: bytes, options: Any, providers: list[tuple[str, dict[str, str]]], fallback: int
    ) -> None:
        self.options, self.asked, self.fallback = options, providers, fallback
        graph = onnx.load_from_string(model).graph
        self._source, self._target = graph.input[0], graph.output[0]
        ((wanted, _),) = providers
        usable = wanted in engine.loadable
        kinds = {node.op_type for node in graph.node}
        on_cpu = kinds & engine.left_to_cpu if usable else kinds
        is_forbidden = options.entries.get("session.disable_cpu_ep_fallback") == "1" and not engine.is_old
        if is_forbidden and on_cpu and wanted != CPU:
            raise Fail("This session contains graph nodes that are assigned to the default CPU EP")
        self._providers = [wanted, CPU] if usable and wanted != CPU else [CPU]
        if not engine.is_old:
            owners = {wanted if usable else CPU} | ({CPU} if on_cpu else set())
            self.get_provider_graph_assignment_info = lambda: [SimpleNamespace(ep_name=name) for name in owners]
        engine.sessions.append(self)

    def get_providers(self) -> list[str]:
        return self._providers

    def get_session_options(self) -> Any:
        return self.options

    def get_inputs(self) -> list[Any]:
        return [_described(self._source)]

    def get_outputs(self) -> list[Any]:
        return [_described(self._target)]

    def io_binding(self) -> "FakeBinding":
        return FakeBinding()

    def run_with_iobinding(self, binding: "FakeBinding") -> None:
        binding.log.append("run")

    def run(self, names: None, feeds: dict[str, Any]) -> list[Any]:
        return [np.ones(_described(self._target).shape, _dtype(self._target))]


class FakeBinding:
    """Remembers what was bound."""

    def __init__(self) -> None:
        self.bound: dict[str, FakeOrtValue] = {}
        self.log: list[str] = []

    def bind_ortvalue_input(self, name: str, value: "FakeOrtValue") -> None:
        self.bound[name] = value

    def bind_ortvalue_output(self, name: str, value: "FakeOrtValue") -> None:
        self.bound[name] = value

    def synchronize_outputs(self) -> None:
        self.log.append("synchronize")


class FakeOrtValue:
    """A tensor on a device."""

    def __init__(self, shape: list[int], dtype: np.dtype[Any], kind: str, index: int) -> None:
        self.place, self.dtype = (kind, index), dtype

    @classmethod
    def ortvalue_from_shape_and_type(
        cls, shape: list[int], dtype: np.dtype[Any], kind: str = "cpu", index: int = 0
    ) -> "FakeOrtValue":
        return cls(shape, dtype, kind, index)

    def update_inplace(self, values: np.ndarray[Any, Any]) -> None:
        assert values.dtype == self.dtype


class FakeOptions:
    """Session options."""

    def __init__(self) -> None:
        self.entries: dict[str, str] = {}

    def add_session_config_entry(self, key: str, value: str) -> None:
        self.entries[key] = value


def install(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `import onnxruntime` find the stand-in."""
    module = ModuleType("onnxruntime")

    def make_session(model: bytes, options: Any, providers: Any, enable_fallback: int = 1) -> FakeSession:
        return FakeSession(engine, model, options, providers, enable_fallback)

    state = ModuleType("onnxruntime.capi.onnxruntime_pybind11_state")
    vars(state).update(Fail=Fail)
    capi = ModuleType("onnxruntime.capi")
    vars(capi).update(onnxruntime_pybind11_state=state)
    vars(module).update(
        __version__="9.9.9",
        capi=capi,
        get_available_providers=lambda: engine.available,
        get_build_info=lambda: "a stand-in",
        InferenceSession=make_session,
        SessionOptions=FakeOptions,
        OrtValue=FakeOrtValue,
        GraphOptimizationLevel=SimpleNamespace(ORT_ENABLE_ALL="all"),
        ExecutionMode=SimpleNamespace(ORT_SEQUENTIAL="sequential"),
    )
    for held in (module, capi, state):
        monkeypatch.setitem(__import__("sys").modules, held.__name__, held)


def _described(value: Any) -> Any:
    return SimpleNamespace(name=value.name, shape=[size.dim_value for size in value.type.tensor_type.shape.dim])


def _dtype(value: Any) -> np.dtype[Any]:
    return onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
