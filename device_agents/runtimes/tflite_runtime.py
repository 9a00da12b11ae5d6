"""TFLite on the CPU or an external delegate: `ai-edge-litert`, or its ancestor `tflite-runtime` where that alone is."""

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np

from device_agents.graphs.lowering import lower
from device_agents.graphs.weights import draw_weights
from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.runtimes.engine import engine_failures
from device_agents.runtimes.litert.interpreter import OWN_BACKENDS, make_interpreter, read_plan
from device_agents.runtimes.litert.loaded import LoadedTflite
from device_agents.runtimes.offers import refuse_what_is_not_offered
from device_agents.runtimes.preparation import Preparation, prepare
from device_agents.runtimes.probing import TINY_OP, probe_backends
from device_agents.runtimes.settings import NOTHING_SET, RuntimeSettings
from device_agents.runtimes.stored_maps import StoredMaps, floats, integers
from latency_service.contract.conditions import BackendName, Conditions
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.network import Workload

PACKAGES = ("ai-edge-litert", "tflite-runtime")


class TfliteRuntime:
    """The first of the packages that runs a tiny model; the backend says which kernels or delegate run it.

    Args:
        settings: External delegates that the agent's owner has set up.
        packages: PyPI names, in order of preference.
    """

    name: ClassVar[str] = "tflite"

    def __init__(self, settings: RuntimeSettings = NOTHING_SET, packages: Sequence[str] = PACKAGES) -> None:
        self._settings = settings
        self._packages = packages

    def probe(self) -> RuntimeStatus:
        """Say whether one of the packages runs a tiny graph here, and with which delegates."""
        return probe_backends(self, lambda: self._backends)

    def load(self, workload: Workload, conditions: Conditions, seed: int = 0) -> LoadedTflite:
        """Build the workload's `.tflite` and an interpreter for it; see `Runtime.load`."""
        refuse_what_is_not_offered(conditions, backend=self._backends, precision=("fp32", "int8"))
        with engine_failures(self.name, workload, RuntimeError, ValueError):
            loaded = self._load(prepare(workload, conditions, seed), conditions)
            loaded.run()
        return loaded

    @property
    def _backends(self) -> tuple[BackendName, ...]:
        return (*OWN_BACKENDS, *self._settings.delegates)

    def _load(self, prepared: Preparation, conditions: Conditions) -> LoadedTflite:
        model, maps = _build(prepared, conditions)
        delegate = self._settings.delegates.get(conditions.backend)
        interpreter = make_interpreter(self._package, model, conditions.threads, conditions.backend, delegate)
        plan = read_plan(interpreter, conditions.backend)
        return LoadedTflite(interpreter, self._package, prepared, maps, plan, conditions.threads)

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


def _try(package: str) -> None:
    from device_agents.graphs.tflite_graph import tflite_model

    graph = lower(TINY_OP)
    make_interpreter(package, tflite_model(graph, draw_weights(graph, seed=0), batch_size=1), threads=1).invoke()


def _build(prepared: Preparation, conditions: Conditions) -> tuple[bytes, StoredMaps]:
    """Return the model, and how it stores what goes in and comes out."""
    from device_agents.graphs.tflite_graph import tflite_model
    from device_agents.graphs.tflite_quantized import quantized_tflite_model

    graph, weights, batch_size = prepared.graph, prepared.weights, conditions.batch_size
    if conditions.precision == "int8":
        scales = prepared.scales
        maps = integers(scales[graph.source.name], scales[graph.target.name])
        return quantized_tflite_model(graph, weights, batch_size, scales), maps
    return tflite_model(graph, weights, batch_size), floats(np.float32)
