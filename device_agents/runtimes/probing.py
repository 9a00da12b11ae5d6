"""Probing: whether a runtime works is found out by running a tiny graph on it."""

from device_agents.runtimes.base import Runtime
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.errors import LatencyError
from latency_service.contract.ops import ConvBnAct

TINY_OP = ConvBnAct(input_height=4, input_width=4, in_channels=3, out_channels=8, kernel_size=3)


def probe_runtime(runtime: Runtime) -> RuntimeStatus:
    """Load and run a tiny convolution, and say what came of it; whatever goes wrong is the reason, never an error."""
    try:
        loaded = runtime.load(TINY_OP, Conditions(runtime=runtime.name))
        loaded.run()
        loaded.synchronize()
    except LatencyError as error:
        return RuntimeStatus(available=False, reason=str(error))
    except Exception as error:
        # A package built for another numpy, or a crippled one, fails with anything: SystemError, AttributeError, ...
        return RuntimeStatus(available=False, reason=f"{type(error).__name__}: {error}")
    version = str(loaded.facts["runtime_version"])
    loaded.close()
    return RuntimeStatus(available=True, version=version)
