"""Every engine that is installed here, by a name for the test's id: TFLite counts once for each of its packages.

Not `adb`: it needs a phone, and `benchmark_model` shows no outputs; `test_adb_runtime.py` holds it to the rest.
"""

from importlib.util import find_spec

from device_agents.runtimes.base import Runtime
from device_agents.runtimes.registry import host_runtime_names, make_runtime
from device_agents.runtimes.tflite_runtime import PACKAGES, TfliteRuntime
from latency_service.contract.conditions import Conditions, Precision


def installed_engines() -> dict[str, Runtime]:
    """Return the runtimes to test."""
    engines = {
        runtime.name: runtime
        for runtime in map(make_runtime, host_runtime_names())
        if runtime.name != TfliteRuntime.name
    }
    for package in PACKAGES:
        if find_spec(package.replace("-", "_")):
            engines[package] = TfliteRuntime(packages=[package])
    return engines


ENGINES = installed_engines()

#: On the CPU, by the runtime's name.
PRECISIONS: dict[str, tuple[Precision, ...]] = {
    "onnxruntime": ("fp32", "int8"),
    "tflite": ("fp32", "int8"),
    "torch": ("fp32",),
}

#: Every engine in every precision that it offers on the CPU.
ENGINES_AND_CONDITIONS = {
    f"{name}-{precision}": (runtime, Conditions(runtime=runtime.name, precision=precision))
    for name, runtime in ENGINES.items()
    for precision in PRECISIONS[runtime.name]
}
