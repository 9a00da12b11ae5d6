"""What a runtime is: it builds and runs workloads, and never times them."""

from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import Fact, RuntimeStatus
from latency_service.contract.errors import LatencyError
from latency_service.contract.network import Workload

Array = NDArray[np.float32]


class UnsupportedWorkload(LatencyError):
    """This runtime cannot run that workload under those conditions on this host; another attempt would end the same."""

    code = "unsupported"


class WorkloadOutOfMemory(LatencyError):
    """The host has not the memory that the workload needs."""

    code = "out_of_memory"


class WorkloadTimedOut(LatencyError):
    """The workload takes longer than it is allowed."""

    code = "timed_out"


class DeviceAway(LatencyError):
    """The measured device cannot be reached or used now - a phone unplugged, locked, full: no job is to blame."""

    code = "device_away"


class LoadedWorkload(Protocol):
    """A workload ready to run, with several random inputs of its own."""

    @property
    def facts(self) -> dict[str, Fact]:
        """What the runtime really did: version, provider, delegate in the plan."""

    def next_input(self) -> None:
        """Copy the next of the random inputs to where `run` reads, and make this workload's thread count current.

        Belongs before a sample, never inside the timed window. So every runtime finds its input in the cache, at the
        same address, as the op before it would have left it.
        """

    def run(self) -> None:
        """Run once on the current input; may return before an accelerator is done.

        Raises:
            DeviceAway: The workload runs on a device that went away.
        """

    def synchronize(self) -> None:
        """Return once everything that `run` started has ended."""

    def infer(self, images: Array) -> Array:
        """Return the output for images, both (batch_size, channels, height, width); logits are a 1x1 map; for tests."""

    def close(self) -> None:
        """Release what the workload holds."""


class Runtime(Protocol):
    """One way to run workloads on this host. Its module may be imported where the runtime is not installed."""

    name: ClassVar[str]

    def probe(self) -> RuntimeStatus:
        """Try the runtime on a tiny graph and say whether it works, which version it is, and if it does not, why.

        Raises:
            DeviceAway: That cannot be told while the device is away.
        """

    def load(self, workload: Workload, conditions: Conditions, seed: int = 0) -> LoadedWorkload:
        """Build the workload's graph with weights and inputs drawn from `seed`, ready to run.

        Raises:
            UnsupportedWorkload: The conditions or the workload are beyond this runtime.
            WorkloadOutOfMemory: There is not enough memory.
            DeviceAway: The device that is to run it is away.
        """
