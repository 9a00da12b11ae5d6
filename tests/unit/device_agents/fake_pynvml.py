"""What answers like the module `pynvml`: GPUs as dictionaries, from a function's name to what it says.

As in the real one, what a GPU does not know how to say is an NVMLError, and handles mean something to NVML alone.
"""

from typing import Any

NOT_SUPPORTED, NOT_FOUND = 3, 6

A100: dict[str, Any] = {
    "DeviceGetName": "NVIDIA A100-SXM4-40GB",
    "DeviceGetUUID": "GPU-0000",
    "DeviceGetPowerManagementLimit": 400_000,
    "DeviceGetPersistenceMode": 1,
    "DeviceGetMaxClockInfo": {1: 1410, 2: 1215},
    "DeviceGetApplicationsClock": {1: 1095, 2: 1215},
    "DeviceGetMigMode": [0, 1],
    "DeviceGetEccMode": [1, 1],
    "DeviceGetClockInfo": {1: 1380, 2: 1215},
    "DeviceGetTemperature": {0: 41},
    "DeviceGetPowerUsage": 65_500,
    "DeviceGetCurrentClocksThrottleReasons": 0x1 | 0x4 | 0x40,
}
#: Consumers' GPUs have neither ECC, nor MIG, nor application clocks; nothing slows this one down.
GEFORCE: dict[str, Any] = {
    "DeviceGetName": "NVIDIA GeForce GTX 1650",
    "DeviceGetUUID": "GPU-0001",
    "DeviceGetPowerManagementLimit": 75_000,
    "DeviceGetPersistenceMode": 0,
    "DeviceGetMaxClockInfo": {1: 2100, 2: 4001},
    "DeviceGetClockInfo": {1: 300, 2: 405},
    "DeviceGetTemperature": {0: 35},
    "DeviceGetCurrentClocksThrottleReasons": 0x1,
}


class NVMLError(Exception):
    def __init__(self, value: int) -> None:
        super().__init__(value)
        self.value = value


class FakePynvml:
    NVML_CLOCK_SM, NVML_CLOCK_MEM, NVML_TEMPERATURE_GPU = 1, 2, 0
    NVMLError = NVMLError

    def __init__(self, *gpus: dict[str, Any], init_error: int | None = None) -> None:
        self._gpus = gpus
        self._init_error = init_error

    def nvmlInit(self) -> None:
        if self._init_error is not None:
            raise NVMLError(self._init_error)

    def nvmlSystemGetDriverVersion(self) -> str:
        return "550.54.15"

    def nvmlSystemGetCudaDriverVersion(self) -> int:
        return 12_040

    def nvmlDeviceGetCount(self) -> int:
        return len(self._gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> tuple[str, int]:
        return ("handle", index)

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> tuple[str, int]:
        for index, gpu in enumerate(self._gpus):
            if gpu["DeviceGetUUID"] == uuid:
                return ("handle", index)
        raise NVMLError(NOT_FOUND)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("nvmlDeviceGet"):
            raise AttributeError(name)

        def say(handle: tuple[str, int], *arguments: int) -> Any:
            said = self._gpus[handle[1]].get(name.removeprefix("nvml"))
            if said is None:
                raise NVMLError(NOT_SUPPORTED)
            return said[arguments[0]] if arguments else said

        return say
