"""Providers: which of ONNX Runtime's execution providers a backend's name stands for.

`cuda` is the CUDAExecutionProvider, `openvino` the OpenVINOExecutionProvider, and so on by the same rule for each that
this build of ONNX Runtime has. The agent's owner may add names, such as `npu`, with options of their own.
"""

from collections.abc import Mapping, Sequence

from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.runtimes.settings import ProviderSettings
from latency_service.contract.conditions import BackendName, Precision

CPU_PROVIDER = "CPUExecutionProvider"
_SUFFIX = "ExecutionProvider"
# It calls a service elsewhere, which is no device of ours; the default build for the CPU has it.
_REMOTE = "AzureExecutionProvider"

# Where a provider keeps the maps, as ONNX Runtime's Python names that; the others keep them in the host's memory.
_MEMORIES = {
    "CUDAExecutionProvider": "cuda",
    "TensorrtExecutionProvider": "cuda",
    "NvTensorRTRTXExecutionProvider": "cuda",
    "ROCMExecutionProvider": "cuda",
    "MIGraphXExecutionProvider": "cuda",
    "DmlExecutionProvider": "dml",
    "CANNExecutionProvider": "cann",
}
# These have threads of their own, beside the session's.
_THREAD_OPTIONS = {"OpenVINOExecutionProvider": "num_of_threads", "XnnpackExecutionProvider": "intra_op_num_threads"}


def known_providers(
    available: Sequence[str], configured: Mapping[BackendName, ProviderSettings]
) -> dict[BackendName, ProviderSettings]:
    """Return the providers of this build and those that the owner has set up, by the backend's name.

    Args:
        available: ONNX Runtime's own list.
        configured: From the agent's settings; they come before this build's own.
    """
    own = {backend_name(provider): ProviderSettings(provider=provider) for provider in available if provider != _REMOTE}
    return {"cpu": ProviderSettings(provider=CPU_PROVIDER), **own, **configured}


def backend_name(provider: str) -> BackendName:
    """Return the short name of a provider."""
    return provider.removesuffix(_SUFFIX).lower()


def require_provider(backend: BackendName, chosen: ProviderSettings, available: Sequence[str]) -> None:
    """Check that this build of ONNX Runtime has a backend's provider.

    Raises:
        UnsupportedWorkload: It has not; the message lists those that it has.
    """
    if chosen.provider not in available:
        raise UnsupportedWorkload(
            f"backend {backend!r} is ONNX Runtime's {chosen.provider}, and this build has only {', '.join(available)}: "
            "install the package of ONNX Runtime that has it"
        )


def offered_precisions(chosen: ProviderSettings | None) -> tuple[Precision, ...]:
    """Return what may be asked of a provider; the CPU has no kernels for 16 bits and would convert at every node."""
    is_cpu = chosen is not None and chosen.provider == CPU_PROVIDER
    return ("fp32", "int8") if is_cpu else ("fp32", "fp16", "int8")


def provider_options(chosen: ProviderSettings, threads: int) -> dict[str, str]:
    """Return a provider's options, the number of threads among them where it has threads of its own."""
    option = _THREAD_OPTIONS.get(chosen.provider)
    return chosen.options if option is None else {**chosen.options, option: str(threads)}


def memory_of(chosen: ProviderSettings) -> tuple[str, int]:
    """Return where a provider keeps the maps: a kind of device, and which of that kind."""
    kind = _MEMORIES.get(chosen.provider, "cpu")
    return kind, 0 if kind == "cpu" else int(chosen.options.get("device_id", 0))
