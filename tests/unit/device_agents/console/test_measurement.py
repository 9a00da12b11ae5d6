import pytest

from device_agents.console import print_measurement
from latency_service.contract.conditions import Conditions
from latency_service.contract.network import WorkloadKey
from tests.unit.device_agents.parts import a_result


def test_a_doubtful_measurement_is_printed_with_its_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    measurement = a_result().measurement
    assert measurement is not None
    noisy = measurement.model_copy(update={"verdict": "noisy", "reasons": ("the host was busy",)})
    print_measurement(WorkloadKey("a-key"), Conditions(runtime="fake"), noisy)
    printed = capsys.readouterr().out
    assert "1.2500 ms" in printed
    assert "1.0000 - 1.5000 ms" in printed
    assert "the host was busy" in printed
