import sys
from types import ModuleType

import pytest

from device_agents.host.nvidia import Nvml, gpu_facts, open_nvml, read_gpu, slowdowns
from device_agents.stopwatch.subject import Readings
from latency_service.contract.device import DeviceState
from tests.unit.device_agents.fake_pynvml import A100, GEFORCE, FakePynvml


def test_a_gpu_is_described_by_what_changes_its_timings() -> None:
    assert gpu_facts(Nvml(FakePynvml(A100))) == {
        "nvidia.driver": "550.54.15",
        "nvidia.cuda_driver": "12.4",
        "gpu0.name": "NVIDIA A100-SXM4-40GB",
        "gpu0.uuid": "GPU-0000",
        "gpu0.power_cap_w": 400.0,
        "gpu0.persistence": True,
        "gpu0.max_sm_mhz": 1410,
        "gpu0.max_memory_mhz": 1215,
        "gpu0.application_sm_mhz": 1095,
        "gpu0.application_memory_mhz": 1215,
        "gpu0.mig": False,
        "gpu0.ecc": True,
    }


def test_what_a_gpu_does_not_show_is_absent() -> None:
    facts = gpu_facts(Nvml(FakePynvml(GEFORCE)))
    assert facts["gpu0.power_cap_w"] == 75.0
    assert facts["gpu0.ecc"] is facts["gpu0.mig"] is facts["gpu0.application_sm_mhz"] is None
    assert facts["gpu0.persistence"] is False


def test_every_gpu_has_facts_of_its_own() -> None:
    facts = gpu_facts(Nvml(FakePynvml(A100, GEFORCE)))
    assert (facts["gpu0.name"], facts["gpu1.name"]) == (A100["DeviceGetName"], GEFORCE["DeviceGetName"])


def test_heat_and_power_of_the_moment_make_no_new_state_and_a_new_cap_does() -> None:
    hot = A100 | {"DeviceGetTemperature": {0: 88}, "DeviceGetPowerUsage": 390_000, "DeviceGetClockInfo": {1: 900}}
    capped = A100 | {"DeviceGetPowerManagementLimit": 250_000}
    usual, hot_state, capped_state = (
        DeviceState(facts=gpu_facts(Nvml(FakePynvml(gpu)))).fingerprint for gpu in (A100, hot, capped)
    )
    assert hot_state == usual
    assert capped_state != usual


def test_without_a_driver_or_a_gpu_there_are_no_facts() -> None:
    assert gpu_facts(None) == gpu_facts(Nvml(FakePynvml())) == {}
    assert slowdowns(None) == slowdowns(Nvml(FakePynvml())) == {}


def test_slowdowns_are_told_by_name_and_idling_is_none() -> None:
    assert slowdowns(Nvml(FakePynvml(A100, GEFORCE))) == {"gpu0": ("power cap", "thermal (hardware)"), "gpu1": ()}


def test_readings_are_those_of_the_gpu_that_is_asked_for() -> None:
    driver = Nvml(FakePynvml(GEFORCE, A100))
    assert read_gpu(driver, "GPU-0000") == Readings(clock_mhz=1380, temperature_c=41, power_w=65.5)
    assert read_gpu(driver, "GPU-0001") == Readings(clock_mhz=300, temperature_c=35, power_w=None)


def test_a_gpu_that_nvml_does_not_know_reads_nothing() -> None:
    assert read_gpu(Nvml(FakePynvml(A100)), "GPU-9999") == read_gpu(None, "GPU-0000") == Readings()


def test_the_library_is_used_where_it_can_be_initialised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakePynvml(A100))
    assert gpu_facts(open_nvml())["gpu0.uuid"] == "GPU-0000"


@pytest.mark.parametrize("module", [None, FakePynvml(init_error=12)], ids=["no package", "no library"])
def test_a_host_without_it_has_none(module: ModuleType | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", module)
    assert open_nvml() is None


def test_every_function_that_is_asked_is_one_of_the_real_package() -> None:
    pynvml = pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed: its names cannot be checked")
    names = {f"nvml{name}" for name in A100} | {name for name in vars(FakePynvml) if name.startswith(("nvml", "NVML"))}
    assert [name for name in sorted(names) if not hasattr(pynvml, name)] == []
