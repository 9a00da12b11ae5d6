from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device_agents.runtimes.adb_runtime import AdbRuntime, LoadedOnPhone
from device_agents.runtimes.base import DeviceAway, UnsupportedWorkload, WorkloadOutOfMemory
from device_agents.runtimes.settings import RuntimeSettings
from device_agents.stopwatch.subject import SelfFlushing, SelfReporting, SelfTimed
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
from tests.fake_adb import FakePhone
from tests.phones import plug_in, write_build

OP = parse_key("v1-mbconv-6x7x4-out8-k3-s2-e3-skip0-relu6")


def runtime_on(folder: Path, **changes: Any) -> tuple[FakePhone, AdbRuntime, list[float]]:
    """Return a phone, the runtime that drives it, and the list of the sleeps that it asks for."""
    phone, settings = plug_in(folder, **changes)
    sleeps: list[float] = []
    return phone, AdbRuntime(RuntimeSettings(phone=settings), sleeps.append), sleeps


def load(runtime: AdbRuntime, **conditions: Any) -> LoadedOnPhone:
    return runtime.load(OP, Conditions.model_validate({"runtime": "adb", **conditions}))


def test_a_phone_that_runs_a_tiny_graph_works_and_its_version_is_that_of_the_tool(tmp_path: Path) -> None:
    _, runtime, _ = runtime_on(tmp_path)
    status = runtime.probe()
    assert status.available, status.reason
    assert len(status.version or "") == 12


def test_probing_tells_which_backends_the_phone_and_its_build_have(tmp_path: Path) -> None:
    build = write_build(tmp_path / "plain", without_delegates=True)
    backends = runtime_on(tmp_path, benchmark_model=build)[1].probe().backends
    assert {name for name, reason in backends.items() if reason is None} == {"cpu", "builtin", "xnnpack"}
    assert "does not know --use_gpu=true" in str(backends["gpu"])


def test_runs_are_timed_by_the_phone_after_it_has_cooled_down(tmp_path: Path) -> None:
    _, runtime, sleeps = runtime_on(tmp_path, cool_down_s=0.75)
    loaded = load(runtime)
    assert isinstance(loaded, SelfTimed)
    assert isinstance(loaded, SelfReporting)
    assert not isinstance(loaded, SelfFlushing)
    assert sleeps == []
    assert loaded.time_runs(100) == pytest.approx(100 * 150 * 1000, rel=0.5)
    assert sleeps == [0.75]
    assert loaded.readings().temperature_c == 44.25


def test_a_workload_also_runs_as_any_other(tmp_path: Path) -> None:
    phone, runtime, _ = runtime_on(tmp_path)
    loaded = load(runtime)
    before = len(phone.commands)
    loaded.next_input()
    loaded.run()
    loaded.synchronize()
    loaded.close()
    loaded.close()
    assert len(phone.commands) == before + 1


def test_facts_tell_what_really_ran(tmp_path: Path) -> None:
    _, runtime, _ = runtime_on(tmp_path, taskset_mask="f0")
    facts = load(runtime, threads=2).facts
    assert facts["runtime_version"] == runtime.probe().version
    assert (facts["xnnpack"], facts["xnnpack_whole_graph"]) == (True, True)
    assert (facts["taskset_mask"], facts["interpreter_threads"]) == ("f0", 2)
    assert load(runtime, backend="builtin").facts["xnnpack"] is False
    assert load(runtime, backend="xnnpack").facts["xnnpack_whole_graph"] is False
    assert load(runtime, backend="gpu").facts["delegates"] == "GPU:whole"


def test_the_model_is_that_of_the_op_the_batch_size_and_the_precision(tmp_path: Path) -> None:
    phone, runtime, _ = runtime_on(tmp_path)
    changes: tuple[dict[str, Any], ...] = ({}, {}, {"batch_size": 2}, {"precision": "int8"})
    for changed in changes:
        load(runtime, **changed)
    assert sum(name.endswith(".tflite") for name in phone.pushed()) == 3


def test_a_delegate_that_runs_nothing_is_no_timing(tmp_path: Path) -> None:
    phone, runtime, _ = runtime_on(tmp_path)
    phone.break_down(benchmark="declines")
    with pytest.raises(UnsupportedWorkload, match="NNAPI delegate runs nothing"):
        load(runtime, backend="nnapi")


def test_a_build_without_the_backend_says_so(tmp_path: Path) -> None:
    build = write_build(tmp_path / "plain", without_delegates=True)
    _, runtime, _ = runtime_on(tmp_path, benchmark_model=build)
    with pytest.raises(UnsupportedWorkload, match="does not know --use_gpu=true"):
        load(runtime, backend="gpu")


@pytest.mark.parametrize(
    ("fault", "error"),
    [("refuses", UnsupportedWorkload), ("killed", WorkloadOutOfMemory), ("unplugged", DeviceAway)],
)
def test_what_ends_the_first_run_ends_the_loading(tmp_path: Path, fault: str, error: type[Exception]) -> None:
    phone, runtime, _ = runtime_on(tmp_path)
    phone.break_down(benchmark=fault)
    with pytest.raises(error):
        load(runtime)


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({"cache_state": "cold"}, "cannot flush"),
        ({"precision": "fp16"}, "precision .*'fp16'"),
        ({"mode": "graph"}, "mode .*'graph'"),
        ({"backend": "abacus"}, "backend .*'abacus'"),
        ({"threads": 5}, "'f0' has 4"),
    ],
)
def test_conditions_beyond_the_phone_are_refused_without_asking_it(
    tmp_path: Path, conditions: dict[str, str | int], words: str
) -> None:
    phone, runtime, _ = runtime_on(tmp_path, taskset_mask="f0")
    with pytest.raises(UnsupportedWorkload, match=words):
        load(runtime, **conditions)
    assert phone.commands == []


def test_half_precision_is_for_accelerators(tmp_path: Path) -> None:
    _, runtime, _ = runtime_on(tmp_path)
    assert load(runtime, backend="gpu", precision="fp16").facts["delegates"] == "GPU:whole"


def test_a_phone_that_is_away_is_neither_working_nor_broken(tmp_path: Path) -> None:
    phone, runtime, _ = runtime_on(tmp_path)
    phone.connection = "unauthorized"
    with pytest.raises(DeviceAway, match="confirm its dialog"):
        runtime.probe()


def test_a_host_without_a_phone_says_how_to_add_one() -> None:
    status = AdbRuntime().probe()
    assert not status.available
    assert "`phones`" in (status.reason or "")


def test_outputs_are_refused(tmp_path: Path) -> None:
    _, runtime, _ = runtime_on(tmp_path)
    with pytest.raises(UnsupportedWorkload, match="outputs"):
        load(runtime).infer(np.zeros((1, 4, 6, 7), np.float32))
