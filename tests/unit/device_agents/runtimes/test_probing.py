from typing import ClassVar

import pytest

from device_agents.runtimes.base import LoadedWorkload, UnsupportedWorkload
from device_agents.runtimes.probing import probe_runtime
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
