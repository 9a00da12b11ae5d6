"""ONNX Runtime on the CPU, with input and output bound to its own memory."""

from itertools import cycle
from typing import Any, ClassVar

import numpy as np

from device_agents.runtimes.base import Array
from device_agents.runtimes.engine import engine_failures, require_engine
from device_agents.runtimes.offers import refuse_what_is_not_offered
from device_agents.runtimes.preparation import Preparation, prepare
from device_agents.runtimes.probing import probe_runtime
from device_agents.runtimes.settings import NOTHING_SET, RuntimeSettings
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import Fact, RuntimeStatus
from latency_service.contract.network import Workload

# With no other provider to fall back to, a graph that loads has every node on this one.
_PROVIDER = "CPUExecutionProvider"
_ERRORS_ONLY = 3


class OnnxruntimeRuntime:
    """ONNX Runtime, its CPU provider, all graph optimisations."""

    name: ClassVar[str] = "onnxruntime"

    def __init__(self, settings: RuntimeSettings = NOTHING_SET) -> None:
        self._settings = settings

    def probe(self) -> RuntimeStatus:
        """Say whether ONNX Runtime runs a tiny graph here."""
        return probe_runtime(self)

    def load(self, workload: Workload, conditions: Conditions, seed: int = 0) -> "LoadedOnnx":
        """Build the workload's `.onnx` and a session for it; see `Runtime.load`."""
        refuse_what_is_not_offered(conditions)
        require_engine("onnx", extra="agent")
        require_engine("onnxruntime", extra="agent")
        from onnxruntime.capi import onnxruntime_pybind11_state as engine

        kinds = (engine.Fail, engine.RuntimeException, engine.NotImplemented, RuntimeError)
        with engine_failures(self.name, workload, *kinds):
            prepared = prepare(workload, conditions, seed)
            loaded = LoadedOnnx(_make_session(prepared, conditions), prepared, conditions)
            loaded.run()
        return loaded


class LoadedOnnx:
    """A session with its input and output bound to memory of its own allocator."""

    def __init__(self, session: Any, prepared: Preparation, conditions: Conditions) -> None:
        from onnxruntime import OrtValue, __version__

        self.facts: dict[str, Fact] = {
            "runtime_version": __version__,
            "provider": ",".join(session.get_providers()),
            "graph_optimization": "all",
            "intra_op_threads": conditions.threads,
            "inputs": len(prepared.inputs),
        }
        source, target = session.get_inputs()[0], session.get_outputs()[0]
        self._input_name = source.name
        self._input = OrtValue.ortvalue_from_shape_and_type(source.shape, np.float32)
        self._binding = session.io_binding()
        self._binding.bind_ortvalue_input(source.name, self._input)
        self._binding.bind_ortvalue_output(target.name, OrtValue.ortvalue_from_shape_and_type(target.shape, np.float32))
        self._session = session
        self._inputs = cycle(prepared.inputs)
        self.next_input()

    def next_input(self) -> None:
        """Copy the next input into the bound one."""
        self._input.update_inplace(next(self._inputs))

    def run(self) -> None:
        """Run the session on what is bound."""
        self._session.run_with_iobinding(self._binding)

    def synchronize(self) -> None:
        """Nothing is left to wait for: the CPU provider ends within `run`."""

    def infer(self, images: Array) -> Array:
        """Return the output for images (batch size, channels, height, width)."""
        output: Array = self._session.run(None, {self._input_name: images})[0]
        return output

    def close(self) -> None:
        """Release the session and its buffers."""
        self._session = self._binding = self._input = None
        self._inputs = cycle(())


def _make_session(prepared: Preparation, conditions: Conditions) -> Any:
    import onnxruntime

    from device_agents.graphs.onnx_graph import onnx_model

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = conditions.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # A pool of threads that spins on after its run would take the cores from the workload measured next.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    model = onnx_model(prepared.graph, prepared.weights, conditions.batch_size)
    return onnxruntime.InferenceSession(model, options, providers=[_PROVIDER])
