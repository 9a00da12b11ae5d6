"""TFLite on the CPU: `ai-edge-litert`, or its ancestor `tflite-runtime` where that alone is to be had."""

from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from itertools import cycle
from typing import Any, ClassVar

import numpy as np

from device_agents.graphs.layers import Graph
from device_agents.graphs.lowering import lower
from device_agents.graphs.weights import Weights, draw_weights
from device_agents.runtimes.base import Array, UnsupportedWorkload
from device_agents.runtimes.engine import engine_failures
from device_agents.runtimes.offers import refuse_what_is_not_offered
from device_agents.runtimes.preparation import Preparation, prepare
from device_agents.runtimes.probing import TINY_OP, probe_runtime
from device_agents.runtimes.settings import NOTHING_SET, RuntimeSettings
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import Fact, RuntimeStatus
from latency_service.contract.network import Workload

PACKAGES = ("ai-edge-litert", "tflite-runtime")


class TfliteRuntime:
    """The first of the packages that runs a tiny model, with its default delegate (XNNPACK, where it has one)."""

    name: ClassVar[str] = "tflite"

    def __init__(self, settings: RuntimeSettings = NOTHING_SET, packages: Sequence[str] = PACKAGES) -> None:
        self._settings = settings
        self._packages = packages

    def probe(self) -> RuntimeStatus:
        """Say whether one of the packages runs a tiny graph here."""
        return probe_runtime(self)

    def load(self, workload: Workload, conditions: Conditions, seed: int = 0) -> "LoadedTflite":
        """Build the workload's `.tflite` and an interpreter for it; see `Runtime.load`."""
        refuse_what_is_not_offered(conditions)
        with engine_failures(self.name, workload, RuntimeError, ValueError):
            prepared = prepare(workload, conditions, seed)
            loaded = LoadedTflite(self._package, prepared, conditions)
            loaded.run()
        return loaded

    @cached_property
    def _package(self) -> str:
        """The first of the packages that works; one built for another numpy imports, and then makes no interpreter."""
        reasons = []
        for package in self._packages:
            try:
                _try(package)
            except Exception as error:
                reasons.append(f"{package}: {type(error).__name__}: {error}")
            else:
                return package
        raise UnsupportedWorkload(
            f"no TFLite package works here ({'; '.join(reasons)}); install one with: "
            "pip install 'proxyless-latency[agent]', or [tflite-runtime] on armv7"
        )


class LoadedTflite:
    """An interpreter with its tensors allocated; it takes and gives (N, H, W, C)."""

    def __init__(self, package: str, prepared: Preparation, conditions: Conditions) -> None:
        interpreter = _make_interpreter(package, prepared.graph, prepared.weights, conditions)
        self._source = interpreter.get_input_details()[0]["index"]
        self._target = interpreter.get_output_details()[0]["index"]
        delegated = [node for node in interpreter._get_ops_details() if node["op_name"] == "DELEGATE"]
        self.facts: dict[str, Fact] = {
            "package": package,
            "runtime_version": version(package),
            "xnnpack": bool(delegated),
            # One delegate from the input to the output leaves no layer to TFLite's own kernels.
            "xnnpack_whole_graph": any(
                self._source in node["inputs"] and self._target in node["outputs"] for node in delegated
            ),
            "interpreter_threads": conditions.threads,
            "inputs": len(prepared.inputs),
        }
        self._interpreter = interpreter
        self._inputs = cycle([_channels_last(images) for images in prepared.inputs])
        self.next_input()

    def next_input(self) -> None:
        """Copy the next input into the interpreter's input tensor."""
        self._interpreter.set_tensor(self._source, next(self._inputs))

    def run(self) -> None:
        """Invoke the interpreter on what its input tensor holds."""
        self._interpreter.invoke()

    def synchronize(self) -> None:
        """Nothing is left to wait for: the interpreter ends within `run`."""

    def infer(self, images: Array) -> Array:
        """Return the output for images (batch size, channels, height, width), and go on to the next input."""
        self._interpreter.set_tensor(self._source, _channels_last(images))
        self._interpreter.invoke()
        output: Array = self._interpreter.get_tensor(self._target)
        self.next_input()
        return output.transpose(0, 3, 1, 2)

    def close(self) -> None:
        """Release the interpreter and the inputs."""
        self._interpreter = None
        self._inputs = cycle(())


def _channels_last(images: Array) -> Array:
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1))


def _try(package: str) -> None:
    graph = lower(TINY_OP)
    interpreter = _make_interpreter(package, graph, draw_weights(graph, seed=0), Conditions(runtime="tflite"))
    interpreter.invoke()


def _make_interpreter(package: str, graph: Graph, weights: Weights, conditions: Conditions) -> Any:
    from device_agents.graphs.tflite_graph import tflite_model

    module = import_module(f"{package.replace('-', '_')}.interpreter")
    interpreter = module.Interpreter(
        model_content=tflite_model(graph, weights, conditions.batch_size),
        num_threads=conditions.threads,
        experimental_op_resolver_type=module.OpResolverType.AUTO,
    )
    interpreter.allocate_tensors()
    return interpreter
