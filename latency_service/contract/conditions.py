"""Conditions: all that changes a timing and is neither the op nor the device."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

RuntimeName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", examples=["onnxruntime"])]
Precision = Literal["fp32", "fp16", "int8"]
CacheState = Literal["hot", "cold"]
Mode = Literal["eager", "graph", "compile"]


class Conditions(BaseModel):
    """Two measurements are comparable only where device state, conditions and protocol version agree."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runtime: RuntimeName
    precision: Precision = "fp32"
    batch_size: int = Field(default=1, ge=1, le=4096)
    threads: int = Field(default=1, ge=1, le=1024)
    cache_state: CacheState = "hot"
    mode: Mode = "eager"

    def __str__(self) -> str:
        return (
            f"{self.runtime} {self.precision}, batch {self.batch_size}, {self.threads} thread(s), "
            f"{self.cache_state} cache, {self.mode}"
        )
