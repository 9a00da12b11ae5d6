from typing import ClassVar

import pytest

from device_agents.runtimes.base import DeviceAway, LoadedWorkload, UnsupportedWorkload
from device_agents.runtimes.probing import probe_backends, probe_runtime
from device_agents.runtimes.registry import make_runtime
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.network import Workload


class BrokenRuntime:
    name: ClassVar[str] = "broken"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def probe(self) -> RuntimeStatus:
        return probe_runtime(self)

    def load(self, workload: Workload, conditions: Conditions, seed: int = 0) -> LoadedWorkload:
        raise self._error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UnsupportedWorkload("install it"), "install it"),
        (SystemError("built for another numpy"), "SystemError: built for another numpy"),
        (AttributeError("_ARRAY_API not found"), "AttributeError: _ARRAY_API not found"),
    ],
)
def test_whatever_goes_wrong_is_the_reason(error: Exception, reason: str) -> None:
    status = BrokenRuntime(error).probe()
    assert not status.available
    assert status.reason == reason


def test_a_device_that_is_away_tells_nothing_of_its_runtime() -> None:
    with pytest.raises(DeviceAway, match="unplugged"):
        BrokenRuntime(DeviceAway("unplugged")).probe()


def test_a_runtime_that_does_not_work_is_not_asked_for_its_backends() -> None:
    def backends() -> tuple[str, ...]:
        raise AssertionError("its package may not even be installed")

    assert probe_backends(BrokenRuntime(UnsupportedWorkload("install it")), backends).backends == {}


def test_each_backend_works_or_has_its_reason() -> None:
    runtime = make_runtime("tflite")
    status = probe_backends(runtime, lambda: ("cpu", "builtin", "abacus"))
    assert set(status.backends) == {"cpu", "builtin", "abacus"}
    assert status.backends["cpu"] is status.backends["builtin"] is None
    assert "'abacus' was asked for" in str(status.backends["abacus"])
