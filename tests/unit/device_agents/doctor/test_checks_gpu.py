import dataclasses

from device_agents.doctor.checks_gpu import check_gpus
from device_agents.doctor.findings import Finding
from device_agents.host.nvidia import Nvml
from tests.unit.device_agents.doctor.conftest import StandOn
from tests.unit.device_agents.fake_pynvml import A100, GEFORCE, FakePynvml


def findings(stand_on: StandOn, *gpus: dict[str, object]) -> dict[str, Finding]:
    stand = dataclasses.replace(stand_on(), gpu_driver=Nvml(FakePynvml(*gpus)))
    return {finding.name: finding for finding in check_gpus(stand)}


def test_a_host_without_a_gpu_has_no_findings_of_one(stand_on: StandOn) -> None:
    assert check_gpus(stand_on()) == []
    assert findings(stand_on) == {}


def test_a_gpu_that_forgets_its_settings_is_found(stand_on: StandOn) -> None:
    found = findings(stand_on, A100, GEFORCE)
    assert found["gpu0 persistence"].severity == "good"
    assert found["gpu1 persistence"].severity == "warn"
    assert "nvidia-smi -i 1 -pm 1" in found["gpu1 persistence"].mend


def test_partitions_are_found(stand_on: StandOn) -> None:
    assert findings(stand_on, A100)["gpu0 partitions"].severity == "good"
    assert findings(stand_on, {**A100, "DeviceGetMigMode": [1, 1]})["gpu0 partitions"].severity == "warn"


def test_clocks_that_may_rise_are_found(stand_on: StandOn) -> None:
    found = findings(stand_on, A100, GEFORCE)
    assert found["gpu0 clocks"].seen == "set to 1095 of 1410 MHz"
    assert found["gpu1 clocks"].severity == "warn"
    assert "nvidia-smi -i 1 -lgc" in found["gpu1 clocks"].mend


def test_a_gpu_that_is_slowed_down_now_is_bad(stand_on: StandOn) -> None:
    found = findings(stand_on, A100, GEFORCE)
    assert found["gpu0 slowdown"].severity == "bad"
    assert "power cap" in found["gpu0 slowdown"].seen
    assert found["gpu1 slowdown"].severity == "good"
