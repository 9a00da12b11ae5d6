"""Probing: whether a runtime works is found out by running a tiny graph on it."""

from collections.abc import Callable, Iterable

from device_agents.runtimes.base import DeviceAway, Runtime
from latency_service.contract.conditions import BackendName, Conditions
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.errors import LatencyError
from latency_service.contract.ops import ConvBnAct

TINY_OP = ConvBnAct(input_height=4, input_width=4, in_channels=3, out_channels=8, kernel_size=3)


def probe_runtime(runtime: Runtime, conditions: Conditions | None = None) -> RuntimeStatus:
    """Load and run a tiny convolution, and say what came of it; whatever goes wrong is the reason, never an error.

    Args:
        runtime: What to try.
        conditions: Other ones than its defaults.

    Raises:
        DeviceAway: Only this tells nothing of the runtime.
    """
    try:
        loaded = runtime.load(TINY_OP, conditions or Conditions(runtime=runtime.name))
        loaded.run()
        loaded.synchronize()
    except DeviceAway:
        raise
    except LatencyError as error:
        return RuntimeStatus.broken(str(error))
    except Exception as error:
        # A package built for another numpy, or a crippled one, fails with anything: SystemError, AttributeError, ...
        return RuntimeStatus.broken(f"{type(error).__name__}: {error}")
    version = str(loaded.facts["runtime_version"])
    loaded.close()
    return RuntimeStatus(available=True, version=version)


def probe_backends(runtime: Runtime, backends: Callable[[], Iterable[BackendName]]) -> RuntimeStatus:
    """Probe a runtime on the CPU and, if it works there, on each of its backends; see `probe_runtime`.

    Args:
        runtime: What to try.
        backends: Names them; asked only where the runtime works.
    """
    status = probe_runtime(runtime)
    if not status.available:
        return status
    others = [Conditions(runtime=runtime.name, backend=backend) for backend in backends() if backend != "cpu"]
    reasons = {conditions.backend: probe_runtime(runtime, conditions).reason for conditions in others}
    return status.model_copy(update={"backends": {"cpu": None, **reasons}})
