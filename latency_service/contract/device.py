"""DeviceDescription: what a device is; DeviceState: the facts a change of which makes old timings incomparable."""

import hashlib
import json
from typing import Annotated, NewType

from pydantic import BaseModel, ConfigDict, Field

from latency_service.contract.conditions import BackendName, RuntimeName
from latency_service.contract.limits import LARGEST_INTEGER

DeviceId = NewType("DeviceId", str)
Fingerprint = NewType("Fingerprint", str)
DeviceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["pixel-8"])]

Fact = str | int | float | bool | None


class RuntimeStatus(BaseModel):
    """Whether a runtime works on a device, and if not, why.

    Attributes:
        backends: What it could run on, by name: None for one that works, else the reason why it does not.
    """

    model_config = ConfigDict(frozen=True)

    available: bool
    version: str | None = None
    reason: str | None = None
    backends: dict[BackendName, str | None] = {}


class DeviceDescription(BaseModel):
    """What a device is, for people; nothing here decides whether timings are comparable."""

    model_config = ConfigDict(frozen=True)

    operating_system: str
    architecture: str
    cpu_model: str
    logical_cores: int = Field(ge=1, le=LARGEST_INTEGER)
    memory_bytes: int = Field(ge=1, le=LARGEST_INTEGER)
    runtimes: dict[RuntimeName, RuntimeStatus] = {}


class DeviceState(BaseModel):
    """Hardware, driver, kernel, governor, runtime versions: a change makes a new state.

    A fact that is None is one that the host does not show.
    """

    model_config = ConfigDict(frozen=True)

    facts: dict[str, Fact]

    @property
    def fingerprint(self) -> Fingerprint:
        """The first 16 hex digits of the SHA-256 of the facts as canonical JSON."""
        text = json.dumps(self.facts, sort_keys=True, separators=(",", ":"))
        return Fingerprint(hashlib.sha256(text.encode()).hexdigest()[:16])
