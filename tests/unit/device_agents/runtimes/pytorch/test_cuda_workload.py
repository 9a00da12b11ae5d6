"""A workload on the fake GPU, whose log tells in which order work, events and waiting came."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from device_agents.host.nvidia import Nvml
from device_agents.runtimes.base import UnsupportedWorkload, WorkloadOutOfMemory
from device_agents.runtimes.pytorch.cuda_failures import CudaContextLost
from device_agents.runtimes.pytorch.cuda_workload import LoadedOnCuda
from device_agents.runtimes.torch_runtime import TorchRuntime
from device_agents.stopwatch.subject import HostPaced, Readings, SelfFlushing, SelfReporting, SelfTimed
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
from tests.unit.device_agents.fake_pynvml import A100, FakePynvml
from tests.unit.device_agents.runtimes.pytorch.fake_cuda import KERNEL_MS, FakeCuda

OP = parse_key("v1-mbconv-6x6x4-out8-k3-s1-e3-skip0-relu6")
KERNELS = ["conv2d", "hardtanh_", "conv2d", "hardtanh_", "conv2d"]
IMAGES = np.random.default_rng(0).standard_normal((1, 4, 6, 6)).astype(np.float32)
MODES = pytest.mark.parametrize("mode", ["eager", "graph"])


@pytest.fixture
def cuda() -> Iterator[FakeCuda]:
    with FakeCuda() as cuda:
        yield cuda


def load(cuda: FakeCuda, nvml: Nvml | None = None, **changes: object) -> LoadedOnCuda:
    runtime = TorchRuntime(open_driver=lambda _: cuda, open_management=lambda: nvml)
    loaded = runtime.load(OP, Conditions.model_validate({"runtime": "torch", "backend": "cuda", **changes}))
    assert isinstance(loaded, LoadedOnCuda)
    cuda.log.clear()
    return loaded


def test_eager_runs_are_timed_from_the_first_kernels_start_to_the_last_ones_end(cuda: FakeCuda) -> None:
    loaded = load(cuda)
    assert loaded.time_runs(2) == round(2 * len(KERNELS) * KERNEL_MS * 1e6)
    assert cuda.log == ["event", *KERNELS, *KERNELS, "event", "wait for event"]


def test_graph_runs_are_queued_up_behind_a_busy_gpu_whose_time_is_not_counted(cuda: FakeCuda) -> None:
    loaded = load(cuda, mode="graph")
    assert loaded.time_runs(2) == round(2 * len(KERNELS) * KERNEL_MS * 1e6)
    replay = ["replay", *KERNELS]
    assert cuda.log == ["occupy", "event", *replay, *replay, "event", "wait for event"]


@MODES
def test_a_second_sample_counts_nothing_of_the_first(mode: str, cuda: FakeCuda) -> None:
    loaded = load(cuda, mode=mode)
    assert loaded.time_runs(5) == 5 * loaded.time_runs(1)


@MODES
def test_the_next_input_is_there_before_the_clock_starts(mode: str, cuda: FakeCuda) -> None:
    loaded = load(cuda, mode=mode)
    loaded.next_input()
    assert cuda.log == ["copy_", "wait"]


@MODES
def test_a_flush_is_over_before_the_clock_starts(mode: str, cuda: FakeCuda) -> None:
    loaded = load(cuda, mode=mode)
    loaded.flush_caches()
    assert cuda.log == ["flush", "wait"]


def test_a_graph_is_captured_once_behind_runs_that_warm_the_module_up(cuda: FakeCuda) -> None:
    TorchRuntime(open_driver=lambda _: cuda).load(OP, Conditions(runtime="torch", backend="cuda", mode="graph"))
    captured = cuda.log.index("captured")
    assert cuda.log[:captured].count("hardtanh_") == 3 * 2
    assert cuda.log[captured + 1 :] == ["replay", *KERNELS, "wait"]


def test_a_replay_computes_on_the_input_that_came_last(cuda: FakeCuda) -> None:
    loaded = load(cuda, mode="graph")
    outputs = []
    for _ in range(5):
        loaded.run()
        assert loaded._captured_output is not None
        outputs.append(loaded._captured_output.numpy().tobytes())
        loaded.next_input()
    assert len(set(outputs)) == 4
    assert outputs[0] == outputs[4]


@MODES
@pytest.mark.parametrize("changes", [{}, {"layout": "channels_last"}, {"batch_norm": "separate"}])
def test_every_way_to_run_it_gives_the_hosts_output(mode: str, changes: dict[str, Any], cuda: FakeCuda) -> None:
    expected = TorchRuntime().load(OP, Conditions(runtime="torch")).infer(IMAGES)
    output = load(cuda, mode=mode, **changes).infer(IMAGES)
    np.testing.assert_allclose(output, expected, rtol=1e-4, atol=1e-4)


@MODES
def test_half_precision_is_offered_and_near_the_full_one(mode: str, cuda: FakeCuda) -> None:
    loaded = load(cuda, mode=mode, precision="fp16")
    assert loaded.facts["weights"] == "float16"
    expected = TorchRuntime().load(OP, Conditions(runtime="torch")).infer(IMAGES)
    np.testing.assert_allclose(loaded.infer(IMAGES), expected, rtol=0.02, atol=0.02)


def test_facts_tell_gpu_launch_and_clock(cuda: FakeCuda) -> None:
    facts = load(cuda, mode="graph").facts
    assert facts["gpu"] == "fake"
    assert facts["launch"] == "graph replay"
    assert facts["timed_by"] == "CUDA events"
    assert load(cuda).facts["launch"] == "kernel by kernel"


def test_the_stopwatch_finds_every_capability(cuda: FakeCuda) -> None:
    loaded = load(cuda)
    assert isinstance(loaded, SelfTimed)
    assert isinstance(loaded, SelfFlushing)
    assert isinstance(loaded, SelfReporting)
    assert isinstance(loaded, HostPaced)


def test_only_a_graph_is_deaf_to_what_preempts_the_host(cuda: FakeCuda) -> None:
    assert load(cuda).is_host_paced
    assert not load(cuda, mode="graph").is_host_paced


def test_readings_are_this_gpus_and_absent_without_nvml(cuda: FakeCuda) -> None:
    assert load(cuda, Nvml(FakePynvml(A100))).readings() == Readings(clock_mhz=1380, temperature_c=41, power_w=65.5)
    assert load(cuda).readings() == Readings()


def test_memory_that_runs_out_between_samples_is_an_answer(cuda: FakeCuda) -> None:
    loaded = load(cuda)
    cuda.faults["conv2d"] = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
    with pytest.raises(WorkloadOutOfMemory, match="v1-mbconv"):
        loaded.time_runs(1)


def test_what_cannot_be_captured_is_unsupported_and_the_gpu_serves_the_next(cuda: FakeCuda) -> None:
    cuda.waiting_kernels.add("conv2d")
    with pytest.raises(UnsupportedWorkload, match=r"v1-mbconv.*not permitted when stream is capturing"):
        load(cuda, mode="graph")
    load(cuda).run()


def test_a_kernel_that_takes_the_context_with_it_ends_the_child(cuda: FakeCuda) -> None:
    loaded = load(cuda)
    cuda.is_lost = True
    for action in (lambda: loaded.time_runs(1), loaded.next_input, loaded.flush_caches):
        with pytest.raises(CudaContextLost):
            action()


@MODES
def test_closing_gives_the_memory_back_and_twice_is_once(mode: str, cuda: FakeCuda) -> None:
    loaded = load(cuda, mode=mode)
    loaded.close()
    loaded.close()
    assert "release" in cuda.log
    assert loaded._captured_output is None
