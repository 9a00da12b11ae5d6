"""DeviceDescription: what a device is; DeviceState: the facts a change of which makes old timings incomparable."""

import hashlib
import json
from typing import Annotated, NewType, Self

from pydantic import BaseModel, ConfigDict, Field

from latency_service.contract.conditions import BackendName, RuntimeName
from latency_service.contract.limits import LARGEST_INTEGER, LONGEST_TEXT, MOST_MEMBERS, Name, Text

DeviceId = NewType("DeviceId", str)
Fingerprint = NewType("Fingerprint", str)
DeviceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["pixel-8"])]

Fact = Text | int | float | bool | None
Facts = Annotated[dict[Name, Fact], Field(max_length=MOST_MEMBERS)]


class RuntimeStatus(BaseModel):
    """Whether a runtime works on a device, and if not, why.

    Attributes:
        backends: What it could run on, by name: None for one that works, else the reason why it does not.
    """

    model_config = ConfigDict(frozen=True)

    available: bool
    version: Name | None = None
    reason: Text | None = None
    backends: dict[BackendName, Text | None] = Field(default={}, max_length=MOST_MEMBERS)

    @classmethod
    def broken(cls, reason: str) -> Self:
        """Return the status of a runtime that does not work; of a very long reason, its beginning."""
        return cls(available=False, reason=reason[:LONGEST_TEXT])


class DeviceDescription(BaseModel):
    """What a device is, for people; nothing here decides whether timings are comparable."""

    model_config = ConfigDict(frozen=True)

    operating_system: Name
    architecture: Name
    cpu_model: Name
    logical_cores: int = Field(ge=1, le=LARGEST_INTEGER)
    memory_bytes: int = Field(ge=1, le=LARGEST_INTEGER)
    runtimes: dict[RuntimeName, RuntimeStatus] = Field(default={}, max_length=MOST_MEMBERS)


class DeviceState(BaseModel):
    """Hardware, driver, kernel, governor, runtime versions: a change makes a new state.

    A fact that is None is one that the host does not show.
    """

    model_config = ConfigDict(frozen=True)

    facts: Facts

    @property
    def fingerprint(self) -> Fingerprint:
        """The first 16 hex digits of the SHA-256 of the facts as canonical JSON."""
        text = json.dumps(self.facts, sort_keys=True, separators=(",", ":"))
        return Fingerprint(hashlib.sha256(text.encode()).hexdigest()[:16])
