"""AgentSettings: how this agent is to run."""

import hashlib
import re
import socket
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_state_path
from pydantic import Field, HttpUrl, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from device_agents.child.launcher import Isolation
from device_agents.host.core_lock import default_lock_dir
from device_agents.runtimes.registry import host_runtime_names
from device_agents.runtimes.settings import DelegateSettings, PhoneSettings, ProviderSettings, RuntimeSettings
from latency_service.contract.api_keys import chosen_api_key
from latency_service.contract.conditions import BackendName, RuntimeName
from latency_service.contract.device import DeviceName

LogFormat = Literal["auto", "console", "json"]

_TOGETHER: Mapping[Isolation, int] = {"process": 32, "none": 16}


def _host_name() -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname()).lstrip("._-")[:64] or "device"


class AgentSettings(BaseSettings):
    """The agent's settings; `DEVICE_AGENT_SERVER` and so on in the environment: lists with commas, tables as JSON.

    Attributes:
        server: The latency service's URL.
        key: The API key that the service knows this agent by, if it asks for one; never on a command line.
        key_file: A file that holds it instead.
        name: This host's name as a device of the service.
        host: Whether this host is measured itself; without it the agent serves its phones alone.
        runtimes: Whose jobs this host takes.
        threads: Jobs with more threads than this are left to others.
        cores: The cores to measure on; empty: the last ones of those allowed.
        providers: Execution providers of ONNX Runtime by the backend's name.
        delegates: External delegates of TFLite by the backend's name.
        cuda_device: The GPU that torch's backend `cuda` runs on, by CUDA's number for it.
        phones: The phones that this host drives over adb, each a device of its own.
        isolation: Where jobs are measured: in a child process of their own, or (`none`) within the agent's own.
        state_dir: Where results wait for their upload; one folder a device and server in it.
        lock_dir: Where agents of this machine lock their cores against each other; all of them must agree on it.
        deadline_s: A measuring child that gives no sign of life for so long is killed.
        max_jobs: Most jobs to borrow at once.
        together: Most jobs of this host to measure in the same rounds, as far as memory goes; None: 32 in a child
            process, 16 within the agent's own. Phones have a number of their own.
        status_host: Where `/status` is served, if it is.
        status_port: Its port; None serves nothing, 0 lets the system choose one.
        log_format: `auto` is readable on a terminal and JSON lines elsewhere.
    """

    model_config = SettingsConfigDict(env_prefix="DEVICE_AGENT_", frozen=True, extra="forbid")

    server: HttpUrl = HttpUrl("http://127.0.0.1:8000")
    key: SecretStr | None = None
    key_file: Path | None = None
    name: DeviceName = Field(default_factory=_host_name)
    host: bool = True
    runtimes: Annotated[tuple[RuntimeName, ...], NoDecode] = Field(default_factory=host_runtime_names, min_length=1)
    threads: int = Field(default=1, ge=1, le=1024)
    cores: Annotated[tuple[int, ...], NoDecode] = ()
    providers: dict[BackendName, ProviderSettings] = {}
    delegates: dict[BackendName, DelegateSettings] = {}
    cuda_device: int = Field(default=0, ge=0)
    phones: tuple[PhoneSettings, ...] = ()
    isolation: Isolation = "process"
    state_dir: Path = Field(default_factory=lambda: user_state_path("device-agent"))
    lock_dir: Path = Field(default_factory=default_lock_dir)
    deadline_s: float = Field(default=120.0, gt=0)
    max_jobs: int = Field(default=32, ge=1, le=512)
    together: int | None = Field(default=None, ge=1, le=512)
    status_host: str = "127.0.0.1"
    status_port: int | None = Field(default=None, ge=0, le=65535)
    log_format: LogFormat = "auto"

    @field_validator("runtimes", "cores", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check_the_devices(self) -> "AgentSettings":
        if not (self.host or self.phones):
            raise ValueError("host is false and there are no phones, so there is nothing to measure on")
        names = Counter(phone.name for phone in self.phones) + Counter([self.name] if self.host else [])
        serials = Counter(phone.serial for phone in self.phones)
        for kind, counts in (("name", names), ("serial", serials)):
            twice = sorted(value for value, count in counts.items() if count > 1)
            if twice:
                raise ValueError(f"two devices have the same {kind}: {', '.join(twice)}")
        return self

    def api_key(self) -> str | None:
        """Return the API key, or None where none is set.

        Raises:
            InvalidInput: It is set twice, or is no key.
            OSError: Its file cannot be read.
        """
        return chosen_api_key(self.key.get_secret_value() if self.key else None, self.key_file)

    @property
    def runtime_settings(self) -> RuntimeSettings:
        """What this host's runtimes are told."""
        return RuntimeSettings(providers=self.providers, delegates=self.delegates, cuda_device=self.cuda_device)

    @property
    def jobs_together(self) -> int:
        """Most jobs of this host to measure in the same rounds; memory that leaks has no other end than the group's."""
        return self.together or _TOGETHER[self.isolation]

    def device_dir(self, name: DeviceName) -> Path:
        """Return where a device keeps what it owes to this server; another server is none of its business."""
        digest = hashlib.sha256(str(self.server).encode()).hexdigest()[:8]
        return self.state_dir / name / f"{re.sub(r'[^A-Za-z0-9.-]', '', self.server.host or '')}-{digest}"
