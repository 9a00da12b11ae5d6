"""Conditions: all that changes a timing and is neither the op nor the device."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

LARGEST_BATCH = 4096
MOST_THREADS = 1024

RuntimeName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", examples=["onnxruntime"])]
Precision = Literal["fp32", "fp16", "int8"]
CacheState = Literal["hot", "cold"]
Mode = Literal["eager", "graph", "compile"]
#: What a runtime runs on, by the short name that the agent's settings or the runtime give it: `cpu`, `cuda`, `xnnpack`.
BackendName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", examples=["cpu"])]
Layout = Literal["native", "channels_last"]
BatchNorm = Literal["folded", "separate"]


class Conditions(BaseModel):
    """Two measurements are comparable only where device state, conditions and protocol version agree.

    Attributes:
        mode: `eager` calls kernel after kernel; `graph` replays a recorded CUDA graph; `compile` is torch.compile.
        backend: What the runtime runs on. `cpu` is the runtime's own choice of CPU kernels; an execution provider of
            ONNX Runtime and a delegate of TFLite go by the names that runtime and agent know them by.
        layout: Of feature maps in memory: the runtime's own, or channels last where the runtime's own is not.
        batch_norm: Folded into the convolution before it, as at deployment, or a layer of its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    runtime: RuntimeName
    precision: Precision = "fp32"
    batch_size: int = Field(default=1, ge=1, le=LARGEST_BATCH)
    threads: int = Field(default=1, ge=1, le=MOST_THREADS)
    cache_state: CacheState = "hot"
    mode: Mode = "eager"
    backend: BackendName = "cpu"
    layout: Layout = "native"
    batch_norm: BatchNorm = "folded"

    def __str__(self) -> str:
        parts = [f"{self.runtime} {self.precision} on {self.backend}", f"batch {self.batch_size}"]
        parts += [f"{self.threads} thread(s)", f"{self.cache_state} cache", self.mode]
        parts += [self.layout] if self.layout != "native" else []
        parts += [f"batch norm {self.batch_norm}"] if self.batch_norm != "folded" else []
        return ", ".join(parts)
