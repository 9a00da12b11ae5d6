"""Interpreters: made for a backend, and their plans read, lest a timing of one backend pass for another's."""

import ctypes
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.runtimes.settings import DelegateSettings
from latency_service.contract.conditions import BackendName

#: `cpu` is what the package does by itself; `xnnpack` is that, with XNNPACK in the plan; `builtin` is TFLite's own
#: kernels alone. All other backends are external delegates, and what they leave over runs on those kernels.
OWN_BACKENDS = ("cpu", "xnnpack", "builtin")
_WITH_DEFAULT_DELEGATE = ("cpu", "xnnpack")


@dataclass(frozen=True)
class Plan:
    """What the interpreter will do.

    Attributes:
        delegate: The delegate that took a part of the graph, if one did.
        is_whole: Whether it took everything from the input to the output; None where there is no delegate.
    """

    delegate: str | None
    is_whole: bool | None


def make_interpreter(
    package: str, model: bytes, threads: int, backend: BackendName = "cpu", delegate: DelegateSettings | None = None
) -> Any:
    """Return an interpreter with its tensors allocated.

    Args:
        package: The PyPI name of the package that brings it.
        model: A `.tflite`.
        threads: Of XNNPACK or of TFLite's own kernels.
        backend: One of `OWN_BACKENDS`, or the name of the delegate.
        delegate: The external delegate, for any other backend.

    Raises:
        UnsupportedWorkload: The delegate cannot be loaded.
    """
    module = import_module(f"{package.replace('-', '_')}.interpreter")
    resolvers = module.OpResolverType
    by_default = backend in _WITH_DEFAULT_DELEGATE
    interpreter = module.Interpreter(
        model_content=model,
        num_threads=threads,
        experimental_op_resolver_type=resolvers.AUTO if by_default else resolvers.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_delegates=None if delegate is None else [_load_delegate(module, backend, delegate)],
    )
    interpreter.allocate_tensors()
    return interpreter


def read_plan(interpreter: Any, backend: BackendName) -> Plan:
    """Return the plan that an interpreter has made.

    Raises:
        UnsupportedWorkload: The backend is a delegate, and has no part in the plan.
    """
    source, target = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    delegated = [node for node in interpreter._get_ops_details() if node["op_name"] == "DELEGATE"]
    name = "xnnpack" if backend in OWN_BACKENDS else backend
    if not delegated:
        if backend not in ("cpu", "builtin"):
            raise UnsupportedWorkload(f"the plan holds no {name}: it takes no part of this graph")
        return Plan(delegate=None, is_whole=None)
    # One node from the input to the output leaves no layer to TFLite's own kernels.
    return Plan(name, any(source in node["inputs"] and target in node["outputs"] for node in delegated))


def _load_delegate(module: Any, backend: BackendName, delegate: DelegateSettings) -> Any:
    try:
        # The packages' own error is followed by noise from a half-made delegate's destructor.
        _ = ctypes.CDLL(str(delegate.path)).tflite_plugin_create_delegate
        return module.load_delegate(str(delegate.path), delegate.options)
    except (OSError, AttributeError, ValueError) as error:  # no library; no delegate in it; refused by the delegate
        reason = " ".join(str(error).split())
        raise UnsupportedWorkload(
            f"backend {backend!r} is the delegate {delegate.path}, which cannot be loaded: {reason}"
        ) from error
