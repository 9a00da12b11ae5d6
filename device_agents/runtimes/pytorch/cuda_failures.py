"""What goes wrong on a GPU: an answer for one job, or the end of all that this process can do there."""

from collections.abc import Iterator
from contextlib import contextmanager

from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.runtimes.engine import engine_failures
from device_agents.runtimes.pytorch.cuda_driver import CudaDriver
from latency_service.contract.network import Workload


class CudaContextLost(SystemExit):
    """A kernel's fault took this process's CUDA context with it: whatever comes next on the GPU fails too.

    It ends the measuring child rather than the job at hand. The supervisor then measures every open job in a child of
    its own, and so finds the guilty one; here each job after it would be blamed.
    """


@contextmanager
def cuda_failures(runtime: str, workload: Workload, driver: CudaDriver) -> Iterator[None]:
    """Turn torch's exceptions into errors of this house, see `engine_failures`.

    Raises:
        CudaContextLost: The GPU no longer answers this process.
    """
    try:
        with engine_failures(runtime, workload, RuntimeError):
            yield
    except UnsupportedWorkload as error:
        try:
            driver.synchronize()
        except RuntimeError as lost:
            raise CudaContextLost(f"the CUDA context is lost ({lost}), after: {error}") from error
        raise
