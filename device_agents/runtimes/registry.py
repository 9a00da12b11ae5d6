"""The runtimes by name; a runtime's module is imported when it is asked for, its engine when it loads."""

from pkgutil import resolve_name

from device_agents.runtimes.base import Runtime
from device_agents.runtimes.settings import NOTHING_SET, RuntimeSettings
from latency_service.contract.errors import UnknownName

_RUNTIMES = {
    "onnxruntime": "device_agents.runtimes.onnxruntime_runtime:OnnxruntimeRuntime",
    "tflite": "device_agents.runtimes.tflite_runtime:TfliteRuntime",
    "torch": "device_agents.runtimes.torch_runtime:TorchRuntime",
    "adb": "device_agents.runtimes.adb_runtime:AdbRuntime",
}
_ON_PHONES = frozenset({"adb"})


def runtime_names() -> tuple[str, ...]:
    """Return every known name."""
    return tuple(_RUNTIMES)


def host_runtime_names() -> tuple[str, ...]:
    """Return the names of those that run on this host itself, not on a phone that it drives."""
    return tuple(name for name in _RUNTIMES if name not in _ON_PHONES)


def make_runtime(name: str, settings: RuntimeSettings = NOTHING_SET) -> Runtime:
    """Return a runtime by name, whether it works on this host or not: `probe` says that.

    Args:
        name: One of `runtime_names()`.
        settings: What this agent's owner has set up for its runtimes.

    Raises:
        UnknownName: No runtime has that name; the message lists those there are.
    """
    if name not in _RUNTIMES:
        raise UnknownName(f"no runtime is called {name!r}; known are {', '.join(_RUNTIMES)}")
    runtime: Runtime = resolve_name(_RUNTIMES[name])(settings)
    return runtime


def all_runtimes() -> tuple[Runtime, ...]:
    """Return every known runtime."""
    return tuple(make_runtime(name) for name in _RUNTIMES)
