"""RuntimeSettings: what this agent's owner has set up for its runtimes. It never comes from the service.

A job names a backend (`openvino`, `edgetpu`); what stands behind the name - a provider with its options, the path of a
delegate, a phone - is known here alone, so that no job can make an agent load a file of somebody else's choice.
"""

from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field

from latency_service.contract.conditions import BackendName
from latency_service.contract.device import DeviceName


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProviderSettings(_Settings):
    """An execution provider of ONNX Runtime.

    Attributes:
        provider: ONNX Runtime's own name for it, such as `OpenVINOExecutionProvider`.
        options: Its provider options.
    """

    provider: str = Field(min_length=1)
    options: dict[str, str] = {}


class DelegateSettings(_Settings):
    """An external delegate of TFLite.

    Attributes:
        path: Its shared library.
        options: What it is told when it is loaded.
    """

    path: Path
    options: dict[str, str] = {}


class PhoneSettings(_Settings):
    """A phone that this host drives over adb.

    Attributes:
        serial: As `adb devices` lists it.
        name: The device's name in the service.
        benchmark_model: TFLite's `benchmark_model` for the phone's architecture, a file of this host.
        taskset_mask: Cores of the phone to measure on, as `taskset` takes it (hexadecimal); empty: not pinned.
        cool_down_s: Pause between two runs of `benchmark_model`, so that the phone does not throttle.
        adb: The `adb` to call.
        folder: Where model and tool are pushed to on the phone.
        timeout_s: One adb command may take so long.
    """

    serial: str = Field(min_length=1)
    name: DeviceName
    benchmark_model: Path
    taskset_mask: str = Field(default="", pattern=r"^[0-9a-fA-F]*$")
    cool_down_s: float = Field(default=0.5, ge=0)
    adb: Path = Path("adb")
    folder: PurePosixPath = PurePosixPath("/data/local/tmp/device-agent")
    timeout_s: float = Field(default=60.0, gt=0)


class RuntimeSettings(_Settings):
    """What the runtimes of one measured device are told.

    Attributes:
        providers: Execution providers of ONNX Runtime by the backend's name, beside those that it has by itself.
        delegates: External delegates of TFLite by the backend's name.
        phone: The phone that the `adb` runtime drives.
        cuda_device: The GPU that torch's `cuda` is, by CUDA's number for it.
    """

    providers: dict[BackendName, ProviderSettings] = {}
    delegates: dict[BackendName, DelegateSettings] = {}
    phone: PhoneSettings | None = None
    cuda_device: int = Field(default=0, ge=0)


NOTHING_SET = RuntimeSettings()
