"""How this torch was built, as far as it changes timings on a CPU."""

import re
from typing import Any

import torch

from latency_service.contract.device import Fact

_BACKEND = re.compile(r"ATen parallel backend: (.+)")
_MKLDNN = re.compile(r"MKL-DNN v(\S+)")
_BLAS = re.compile(r"BLAS_INFO=(\w+)")


def build_facts() -> dict[str, Fact]:
    """Return torch's version, vector instructions, thread pool and CPU libraries; None is what it does not show."""
    show = torch.__config__.show()
    mkldnn: Any = torch.backends.mkldnn
    uses_mkldnn = mkldnn.is_available() and mkldnn.enabled
    return {
        "runtime_version": str(torch.__version__),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "parallel_backend": _found(_BACKEND, torch.__config__.parallel_info()),
        "mkldnn": _found(_MKLDNN, show) if uses_mkldnn else None,
        "blas": _found(_BLAS, show),
        "inter_op_threads": torch.get_num_interop_threads(),
    }


def _found(pattern: re.Pattern[str], text: str) -> str | None:
    matched = pattern.search(text)
    return matched[1] if matched else None
