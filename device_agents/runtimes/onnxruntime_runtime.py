"""ONNX Runtime on any of its execution providers, with input and output bound to memory of the device."""

from typing import ClassVar

import numpy as np

from device_agents.runtimes.engine import engine_failures, require_engine
from device_agents.runtimes.offers import refuse_what_is_not_offered
from device_agents.runtimes.ort.loaded import LoadedOnnx
from device_agents.runtimes.ort.providers import known_providers, memory_of, offered_precisions, require_provider
from device_agents.runtimes.ort.session import kernel_facts, make_session, session_facts
from device_agents.runtimes.preparation import Preparation, prepare
from device_agents.runtimes.probing import probe_backends
from device_agents.runtimes.settings import NOTHING_SET, ProviderSettings, RuntimeSettings
from device_agents.runtimes.stored_maps import StoredMaps, floats, integers
from latency_service.contract.conditions import BackendName, Conditions
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.network import Workload


class OnnxruntimeRuntime:
    """ONNX Runtime with all graph optimisations; the backend names the execution provider, which runs all or nothing.

    Args:
        settings: Providers that the agent's owner has set up, beside those that this build has.
    """

    name: ClassVar[str] = "onnxruntime"

    def __init__(self, settings: RuntimeSettings = NOTHING_SET) -> None:
        self._settings = settings

    def probe(self) -> RuntimeStatus:
        """Say whether ONNX Runtime runs a tiny graph here, and on which providers."""
        return probe_backends(self, self._providers)

    def load(self, workload: Workload, conditions: Conditions, seed: int = 0) -> LoadedOnnx:
        """Build the workload's `.onnx` and a session for it; see `Runtime.load`."""
        require_engine("onnx", extra="agent")
        require_engine("onnxruntime", extra="agent")
        chosen = self._choose(conditions)
        with engine_failures(self.name, workload, *_engine_errors()):
            loaded = _load(prepare(workload, conditions, seed), conditions, chosen)
            loaded.run()
            loaded.synchronize()
        return loaded

    def _choose(self, conditions: Conditions) -> ProviderSettings:
        import onnxruntime

        providers = self._providers()
        precisions = offered_precisions(providers.get(conditions.backend))
        refuse_what_is_not_offered(conditions, backend=tuple(providers), precision=precisions)
        chosen = providers[conditions.backend]
        require_provider(conditions.backend, chosen, onnxruntime.get_available_providers())
        return chosen

    def _providers(self) -> dict[BackendName, ProviderSettings]:
        import onnxruntime

        return known_providers(onnxruntime.get_available_providers(), self._settings.providers)


def _load(prepared: Preparation, conditions: Conditions, chosen: ProviderSettings) -> LoadedOnnx:
    model, maps = _build(prepared, conditions)
    session = make_session(model, chosen, conditions.threads)
    facts = session_facts(session, chosen, conditions.threads)
    if conditions.precision == "int8":
        facts |= kernel_facts(model, chosen, conditions.threads)
    return LoadedOnnx(session, facts, prepared, maps, memory_of(chosen))


def _build(prepared: Preparation, conditions: Conditions) -> tuple[bytes, StoredMaps]:
    """Return the model, and how it stores what goes in and comes out."""
    from device_agents.graphs.onnx_graph import onnx_model
    from device_agents.graphs.onnx_quantized import quantized_onnx_model

    graph, weights, batch_size = prepared.graph, prepared.weights, conditions.batch_size
    match conditions.precision:
        case "int8":
            scales = prepared.scales
            maps = integers(scales[graph.source.name].unsigned(), scales[graph.target.name].unsigned())
            return quantized_onnx_model(graph, weights, batch_size, scales), maps
        case "fp16":
            return onnx_model(graph, weights, batch_size, np.float16), floats(np.float16)
        case "fp32":
            return onnx_model(graph, weights, batch_size), floats(np.float32)


def _engine_errors() -> tuple[type[Exception], ...]:
    """Return all that ONNX Runtime raises: a class for each of its states, and Python's own for what Python checks."""
    from onnxruntime.capi import onnxruntime_pybind11_state as engine

    own = [kind for kind in vars(engine).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    return (*own, RuntimeError, ValueError)
