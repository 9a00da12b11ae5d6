"""Every engine that is installed here, by a name for the test's id: TFLite counts once for each of its packages."""

from importlib.util import find_spec

from device_agents.runtimes.base import Runtime
from device_agents.runtimes.registry import all_runtimes
from device_agents.runtimes.tflite_runtime import PACKAGES, TfliteRuntime


def installed_engines() -> dict[str, Runtime]:
    """Return the runtimes to test."""
    engines = {runtime.name: runtime for runtime in all_runtimes() if runtime.name != TfliteRuntime.name}
    for package in PACKAGES:
        if find_spec(package.replace("-", "_")):
            engines[package] = TfliteRuntime(packages=[package])
    return engines


ENGINES = installed_engines()
