from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from device_agents.runtimes.adb.benchmark_model import (
    BenchmarkCrashed,
    BenchmarkModel,
    BenchmarkRefused,
    backend_flags,
    tool_version,
)
from device_agents.runtimes.adb.report import GarbledReport
from device_agents.runtimes.base import DeviceAway, WorkloadOutOfMemory, WorkloadTimedOut
from latency_service.contract.conditions import Conditions
from tests.fake_adb import FakePhone
from tests.phones import plug_in

CPU = Conditions(runtime="adb")


def installed(folder: Path, **changes: Any) -> tuple[FakePhone, BenchmarkModel, PurePosixPath]:
    """Return a phone, the tool on it, and a model there."""
    phone, settings = plug_in(folder, **changes)
    tool = BenchmarkModel(settings)
    model = folder / "model"
    model.write_bytes(b"a model")
    return phone, tool, tool.folder.put(model, ".tflite")


def test_exactly_the_runs_asked_for_are_measured_in_one_invocation(tmp_path: Path) -> None:
    phone, tool, model = installed(tmp_path)
    assert tool.run(model, 40, CPU).runs == 40
    (command,) = [command for command in phone.commands if "--num_runs" in command]
    assert {"--num_runs=40", "--min_secs=0", "--num_threads=1", f"--graph={model}"} <= set(command.split())
    assert "taskset" not in command


def test_the_tool_is_pinned_to_the_cores_of_the_mask(tmp_path: Path) -> None:
    phone, tool, model = installed(tmp_path, taskset_mask="f0")
    tool.run(model, 2, CPU)
    assert (phone.root / "masks").read_text() == "f0\n"


def test_the_tool_is_pushed_once_for_all_batches(tmp_path: Path) -> None:
    installed(tmp_path)
    again, tool, _ = installed(tmp_path)
    pushes = [command for command in again.commands if command.startswith("push") and ".tflite" not in command]
    assert len(pushes) == 1
    assert tool.version in pushes[0]


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("killed", WorkloadOutOfMemory, "Android killed"),
        ("crashes", BenchmarkCrashed, "signal 11"),
        ("refuses", BenchmarkRefused, "Failed to apply GPU delegate"),
        ("garbage", GarbledReport, "no timing"),
        ("slow", WorkloadTimedOut, "only 5 of 10 runs"),
        ("linker", DeviceAway, "architecture"),
        ("unplugged", DeviceAway, "the cable"),
    ],
)
def test_each_bad_end_has_its_error(tmp_path: Path, fault: str, error: type[Exception], words: str) -> None:
    phone, tool, model = installed(tmp_path)
    phone.break_down(benchmark=fault)
    with pytest.raises(error, match=words):
        tool.run(model, 10, CPU)


def test_a_run_that_hangs_on_a_phone_that_answers_is_the_workloads_fault_and_is_ended(tmp_path: Path) -> None:
    phone, tool, model = installed(tmp_path, timeout_s=2.0)
    phone.break_down(benchmark="hangs")
    with pytest.raises(WorkloadTimedOut, match="no answer within 2 s"):
        tool.run(model, 10, CPU)
    assert not list((phone.root / "running").iterdir())


def test_a_model_that_left_the_phone_is_no_fault_of_the_workload(tmp_path: Path) -> None:
    phone, tool, model = installed(tmp_path)
    (phone.root / str(model)[1:]).unlink()
    with pytest.raises(DeviceAway, match="Failed to mmap model"):
        tool.run(model, 10, CPU)


def test_a_mask_without_any_core_of_the_phone_says_what_to_set(tmp_path: Path) -> None:
    _, tool, model = installed(tmp_path, taskset_mask="f00")
    with pytest.raises(DeviceAway, match="set `taskset_mask`"):
        tool.run(model, 10, CPU)


def test_a_host_without_the_tool_says_what_to_download(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path, benchmark_model=tmp_path / "nothing")
    with pytest.raises(DeviceAway, match="download"):
        tool_version(settings)


@pytest.mark.parametrize(
    ("backend", "precision", "flags"),
    [
        ("cpu", "fp32", ()),
        ("builtin", "fp32", ("--use_xnnpack=false",)),
        ("xnnpack", "fp32", ("--use_xnnpack=true",)),
        ("gpu", "fp32", ("--use_gpu=true", "--gpu_precision_loss_allowed=false")),
        ("gpu", "fp16", ("--use_gpu=true", "--gpu_precision_loss_allowed=true")),
        ("nnapi", "fp16", ("--use_nnapi=true", "--nnapi_allow_fp16=true")),
    ],
)
def test_a_backend_and_its_precision_are_flags(backend: str, precision: str, flags: tuple[str, ...]) -> None:
    conditions = Conditions.model_validate({"runtime": "adb", "backend": backend, "precision": precision})
    assert backend_flags(conditions) == flags
