import pytest
import typer

from device_agents.console import print_measurement, print_probe, readable_errors
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceDescription, DeviceState, RuntimeStatus
from latency_service.contract.errors import AgentTooOld, InvalidInput
from latency_service.contract.network import WorkloadKey
from tests.unit.device_agents.parts import a_result


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(InvalidInput("[no] such op"), 1), (OSError("disk full"), 1), (AgentTooOld("upgrade"), 3)],
)
def test_an_error_is_one_line_and_an_exit_code(
    error: Exception, exit_code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught, readable_errors():
        raise error
    assert caught.value.exit_code == exit_code
    assert capsys.readouterr().err == f"error: {error}\n"


def test_a_doubtful_measurement_is_printed_with_its_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    measurement = a_result().measurement
    assert measurement is not None
    noisy = measurement.model_copy(update={"verdict": "noisy", "reasons": ("the host was busy",)})
    print_measurement(WorkloadKey("a-key"), Conditions(runtime="fake"), noisy)
    printed = capsys.readouterr().out
    assert "1.2500 ms" in printed
    assert "1.0000 - 1.5000 ms" in printed
    assert "the host was busy" in printed


def test_a_probe_says_why_a_runtime_does_not_work(capsys: pytest.CaptureFixture[str]) -> None:
    statuses = {"fake": RuntimeStatus(available=False, reason="no module [fake]")}
    description = DeviceDescription(
        operating_system="Debian", architecture="x", cpu_model="a CPU", logical_cores=1, memory_bytes=1
    )
    print_probe(description, DeviceState(facts={"cpu_governor": None}), statuses)
    printed = capsys.readouterr().out
    assert "no module [fake]" in printed
    assert "not shown" in printed
