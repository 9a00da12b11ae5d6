"""Phones end to end: agent, measuring child, adb and phone are processes; adb and the phone are fakes."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device_agents.child.measuring import measure_jobs
from device_agents.child.orders import MeasureOrder
from device_agents.child.process import ChildLauncher
from device_agents.devices.phone import PHONE_RULES
from device_agents.runtimes.base import DeviceAway
from device_agents.runtimes.settings import PhoneSettings, RuntimeSettings
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
from latency_service.contract.messages import JobId, LeasedJob
from tests.fake_service import FakeService, serving
from tests.phones import plug_in

OPS = ("v1-mbconv-14x14x8-out8-k3-s1-e3-skip1-relu6", "v1-classifier-7x7x64-out10")
JOBS = tuple(LeasedJob(job_id=JobId(key), attempt=1, workload=parse_key(key)) for key in OPS)
CONDITIONS = Conditions(runtime="adb")
_DEADLINE_S = 90.0
#: The phone's own rules, with as few invocations as they can do with.
FEW = PHONE_RULES.model_copy(update={"min_rounds": 2, "min_samples": 6})


def order(phone: PhoneSettings) -> MeasureOrder:
    settings = RuntimeSettings(phone=phone)
    return MeasureOrder(conditions=CONDITIONS, jobs=JOBS, rules=FEW, runtime_settings=settings)


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def service() -> Iterator[FakeService]:
    with serving(FakeService()) as running:
        running.conditions, running.batch = CONDITIONS, 1
        yield running


def _lines_of(phone: PhoneSettings) -> list[str]:
    return ["[[phones]]", *(f"{key} = {json.dumps(value)}" for key, value in phone.model_dump(mode="json").items())]


@contextmanager
def agent_of(phones: list[PhoneSettings], service: FakeService, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run an agent that serves these phones and nothing else."""
    lines = ["host = false", f'server = "{service.url}"', f'state_dir = "{folder / "state"}"']
    config = folder / "agent.toml"
    config.write_text("\n".join([*lines, *(line for phone in phones for line in _lines_of(phone))]))
    command = [sys.executable, "-m", "device_agents", "run", "--config", str(config)]
    log = folder / "agent.log"
    with log.open("wb") as stderr:
        agent = subprocess.Popen(command, stderr=stderr)
    try:
        yield agent
        agent.terminate()
        assert agent.wait(_DEADLINE_S) == 0
    except AssertionError as error:
        raise AssertionError(log.read_text()) from error
    finally:
        agent.kill()
        agent.wait()


def test_a_phones_child_measures_a_batch_and_says_what_ran(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path, taskset_mask="f0")
    results = list(measure_jobs(ChildLauncher(60.0), order(settings)))
    assert {result.job_id for result in results} == set(OPS)
    for result in results:
        measurement = result.measurement
        assert measurement is not None, result.failure
        assert measurement.verdict == "ok", measurement.reasons
        assert 0.1 < measurement.summary.median_ms < 2
        assert measurement.summary.median_ms * measurement.inner_loops >= 0.9 * PHONE_RULES.min_sample_ms
        assert measurement.runtime_facts["xnnpack"] is True
        assert measurement.disturbed == ()
        assert set(measurement.temperature_c) == {44.25}
        assert set(measurement.clock_mhz) == {2841.6}


def test_a_phone_unplugged_in_the_middle_of_a_batch_fails_no_job(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path)
    phone.break_down(benchmark="unplugged", after=6)
    results = measure_jobs(ChildLauncher(60.0), order(settings))
    with pytest.raises(DeviceAway, match="the cable"):
        assert [result.failure for result in results] == []


def test_a_workload_that_crashes_the_tool_is_told_apart_from_its_neighbours(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path)
    phone.break_down(benchmark="crashes")
    results = list(measure_jobs(ChildLauncher(60.0), order(settings)))
    classes = [result.failure.error_class for result in results if result.failure]
    assert classes == ["crashed", "crashed"]


def test_one_agent_serves_two_phones_each_under_its_own_name(service: FakeService, tmp_path: Path) -> None:
    service.queue = list(JOBS)
    phones = [plug_in(tmp_path, serial, name=name)[1] for serial, name in (("R5A", "galaxy"), ("R5B", "pixel"))]
    with agent_of(phones, service, tmp_path):
        eventually(lambda: len(service.results) == 2)
    assert {result.measurement is not None for result in service.results.values()} == {True}
    registered = {registration.name: registration for registration in service.registrations}
    assert set(registered) == {"galaxy", "pixel"}
    assert registered["pixel"].description.operating_system == "Android 13"
    assert registered["pixel"].state.facts["model"] == "SM-S901B"
    assert {request.device for request in service.requests} == {"galaxy", "pixel"}
    assert {request.runtimes for request in service.requests} == {("adb",)}


def test_a_phone_that_goes_away_gives_its_batch_back_and_goes_on_when_it_is_back(
    service: FakeService, tmp_path: Path
) -> None:
    phone, settings = plug_in(tmp_path)
    phone.connection = "unauthorized"
    service.queue = [JOBS[0]]
    with agent_of([settings], service, tmp_path):
        eventually(lambda: "refused shell" in phone.commands)
        assert service.requests == []

        phone.break_down(benchmark="unplugged", after=15)  # probing takes ten invocations
        phone.connection = "device"
        eventually(lambda: len(service.released) == 1)
        assert service.results == {}

        phone.break_down(benchmark="refuses")  # an answer, too, and a quick one
        service.queue = [JOBS[0]]
        phone.connection = "device"
        eventually(lambda: len(service.results) == 1)
    failure = service.results[OPS[0]].failure
    assert failure is not None
    assert failure.error_class == "unsupported"


def device_agent(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "device_agents", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False)


def config_of(phone: PhoneSettings, folder: Path) -> str:
    path = folder / "agent.toml"
    path.write_text("\n".join(["host = false", *_lines_of(phone)]))
    return str(path)


def test_measure_takes_a_phone_of_the_settings_and_any_condition(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path, name="galaxy")
    phone.break_down(benchmark="refuses")
    arguments = ("measure", OPS[0], "--phone", "galaxy", "--config", config_of(settings, tmp_path))
    done = device_agent(*arguments, "--taskset-mask", "80", "--condition", "backend=gpu", "--threads", "1")
    assert done.returncode == 1
    assert "not measured (unsupported): adb cannot run" in done.stderr
    invocations = [command for command in phone.commands if "--use_gpu=true" in command]
    assert invocations
    assert all(command.startswith("taskset 80 ") for command in invocations)


def test_measure_on_a_phone_that_is_away_is_one_line_that_says_what_helps(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path, name="galaxy")
    phone.connection = "unauthorized"
    done = device_agent("measure", OPS[0], "--phone", "galaxy", "--config", config_of(settings, tmp_path))
    assert done.returncode == 1
    assert "confirm its dialog" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_phone_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path, name="galaxy")
    done = device_agent("measure", OPS[0], "--phone", "pixel", "--config", config_of(settings, tmp_path))
    assert done.returncode == 1
    assert "in the settings (galaxy)" in done.stderr


def test_probe_shows_the_phones(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path, name="galaxy")
    done = device_agent("probe", "--config", config_of(settings, tmp_path), "--json")
    answer = json.loads(done.stdout)
    assert answer["name"] == "galaxy"
    assert answer["description"]["runtimes"]["adb"]["available"]
    assert answer["facts"]["cpu_clusters"] == "0-3:cortex-a55@1804MHz 4-6:cortex-a78@2419MHz 7:cortex-x1@2841MHz"
