"""The torch runtime on a real GPU. Where there is none, that is what the probe must say."""

import numpy as np
import pytest
import torch

from device_agents.host.nvidia import gpu_facts, open_nvml
from device_agents.runtimes.base import WorkloadOutOfMemory
from device_agents.runtimes.pytorch.cuda_workload import LoadedOnCuda
from device_agents.runtimes.torch_runtime import TorchRuntime
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key

OP = parse_key("v1-mbconv-28x28x24-out24-k5-s1-e6-skip1-relu6")
IMAGES = np.random.default_rng(0).standard_normal((2, 24, 28, 28)).astype(np.float32)
TOLERANCE = {"fp32": 1e-3, "fp16": 5e-2}

on_gpu = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="NO GPU HERE: cuda is tested against a fake driver only"
)


def load(runtime: TorchRuntime, **changes: object) -> LoadedOnCuda:
    conditions = {"runtime": "torch", "backend": "cuda", "batch_size": 2, **changes}
    loaded = runtime.load(OP, Conditions.model_validate(conditions))
    assert isinstance(loaded, LoadedOnCuda)
    return loaded


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_the_probe_says_so_with_a_reason() -> None:
    status = TorchRuntime().probe()
    assert status.backends["cpu"] is None
    assert "cannot use CUDA here" in str(status.backends["cuda"])


@on_gpu
def test_with_a_gpu_the_probe_says_that_it_works() -> None:
    assert TorchRuntime().probe().backends == {"cpu": None, "cuda": None}


@on_gpu
@pytest.mark.parametrize("mode", ["eager", "graph", "compile"])
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("layout", ["native", "channels_last"])
def test_every_way_to_run_it_gives_the_hosts_output(mode: str, precision: str, layout: str) -> None:
    expected = TorchRuntime().load(OP, Conditions(runtime="torch", batch_size=2)).infer(IMAGES)
    loaded = load(TorchRuntime(), mode=mode, precision=precision, layout=layout)
    np.testing.assert_allclose(loaded.infer(IMAGES), expected, rtol=TOLERANCE[precision], atol=TOLERANCE[precision])
    loaded.close()


@on_gpu
@pytest.mark.parametrize("mode", ["eager", "graph"])
def test_the_gpus_clock_times_runs_with_caches_hot_and_cold(mode: str) -> None:
    loaded = load(TorchRuntime(), mode=mode)
    for _ in range(3):
        loaded.next_input()
        assert loaded.time_runs(10) > 0
        loaded.flush_caches()
        assert loaded.time_runs(1) > 0
    loaded.close()


@on_gpu
def test_a_replay_computes_on_the_input_that_came_last() -> None:
    loaded = load(TorchRuntime(), mode="graph")
    outputs = []
    for _ in range(5):
        loaded.run()
        loaded.synchronize()
        assert loaded._captured_output is not None
        outputs.append(loaded._captured_output.cpu().numpy().tobytes())
        loaded.next_input()
    assert len(set(outputs)) == 4
    assert outputs[0] == outputs[4]


@on_gpu
def test_fp32_is_fp32() -> None:
    facts = load(TorchRuntime()).facts
    assert facts["tf32_convolutions"] is facts["tf32_products"] is False


@on_gpu
def test_the_gpu_that_is_measured_is_the_one_that_is_read() -> None:
    nvml = open_nvml()
    assert nvml is not None, "install nvidia-ml-py"
    loaded = load(TorchRuntime())
    assert loaded.facts["gpu_uuid"] in gpu_facts(nvml).values()
    assert (loaded.readings().clock_mhz or 0) > 0


@on_gpu
def test_memory_that_the_gpu_lacks_is_an_answer() -> None:
    runtime = TorchRuntime()
    load(runtime).close()
    torch.cuda.set_per_process_memory_fraction(1e-4)
    try:
        with pytest.raises(WorkloadOutOfMemory):
            load(runtime, batch_size=256)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    load(runtime).run()
