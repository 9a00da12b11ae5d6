"""Sessions: a model on one execution provider, whole or not at all."""

import json
import tempfile
from pathlib import Path
from typing import Any

from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.runtimes.ort.providers import CPU_PROVIDER, provider_options
from device_agents.runtimes.settings import ProviderSettings
from latency_service.contract.device import Fact

_ERRORS_ONLY = 3
# They hand integers on as they are; a maximum of integers is one of them.
_MOVING = frozenset({"Flatten", "Identity", "MaxPool", "Transpose", "Unsqueeze"})


def make_session(model: bytes, chosen: ProviderSettings, threads: int, path: str | None = None) -> Any:
    """Return a session all of whose nodes are on the provider.

    Args:
        model: A serialised `.onnx`.
        chosen: The provider and its options.
        threads: Within a node.
        path: Where the optimised model is written, if anywhere.

    Raises:
        UnsupportedWorkload: ONNX Runtime made the session without the provider, whose libraries did not load.
    """
    import onnxruntime

    options = _session_options(threads)
    if chosen.provider != CPU_PROVIDER:
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
        options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    if path is not None:
        options.optimized_model_filepath = path
    # By default, Python puts a session that fails on the CPU: at once, or in any later run.
    providers = [(chosen.provider, provider_options(chosen, threads))]
    session = onnxruntime.InferenceSession(model, options, providers=providers, enable_fallback=0)
    made = session.get_providers()
    if made[0] != chosen.provider:
        raise UnsupportedWorkload(
            f"ONNX Runtime could not start {chosen.provider} and took {made[0]} in its place: a library that it needs "
            "is missing or does not fit; ONNX Runtime's own error output says which"
        )
    return session


def session_facts(session: Any, chosen: ProviderSettings, threads: int) -> dict[str, Fact]:
    """Return what a session is and where it runs."""
    import onnxruntime

    return {
        "runtime_version": onnxruntime.__version__,
        "build": onnxruntime.get_build_info(),
        "provider": chosen.provider,
        "provider_options": json.dumps(provider_options(chosen, threads), sort_keys=True),
        "whole_graph": _runs_whole_graph(session, chosen),
        "graph_optimization": "all",
        "intra_op_threads": session.get_session_options().intra_op_num_threads,
    }


def kernel_facts(model: bytes, chosen: ProviderSettings, threads: int) -> dict[str, Fact]:
    """Return how many nodes of a quantised model have integer kernels once it is optimised, and how many have not.

    A provider that compiles the graph into a node of its own shows none; of the CPU alone these are known.
    """
    if chosen.provider != CPU_PROVIDER:
        return {"integer_nodes": None, "float_nodes": None}
    import onnx

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "optimised.onnx"))
        make_session(model, chosen, threads, path)
        kinds = [node.op_type for node in onnx.load(path).graph.node]
    integer = sum(kind.startswith("QLinear") or kind == "QGemm" for kind in kinds)
    moving = sum(kind in _MOVING for kind in kinds)
    return {"integer_nodes": integer, "float_nodes": len(kinds) - integer - moving}


def _session_options(threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # A pool of threads that spins on after its run would take the cores from the workload measured next.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return options


def _runs_whole_graph(session: Any, chosen: ProviderSettings) -> bool | None:
    """Say whether every node is on the provider; None where this version of ONNX Runtime does not tell."""
    if chosen.provider == CPU_PROVIDER:
        return True  # with no other provider in the session there is nowhere else to go
    if not hasattr(session, "get_provider_graph_assignment_info"):
        return None
    return {subgraph.ep_name for subgraph in session.get_provider_graph_assignment_info()} == {chosen.provider}
