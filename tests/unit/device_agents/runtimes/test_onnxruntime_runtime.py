import sys

import numpy as np
import onnxruntime
import pytest

from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.runtimes.onnxruntime_runtime import OnnxruntimeRuntime
from device_agents.runtimes.ort.providers import known_providers
from device_agents.runtimes.settings import ProviderSettings, RuntimeSettings
from latency_service.contract.conditions import Conditions, Precision
from latency_service.contract.keys import parse_key
from tests.unit.device_agents.graphs.accuracy import LEAST_SNR_DB, SEED, images_of, snr_db
from tests.unit.device_agents.runtimes.ort.fake_onnxruntime import CPU, FakeEngine, install

OP = parse_key("v1-identity-4x4x3")
MBCONV = parse_key("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu6")
CUDA = "CUDAExecutionProvider"
BACKENDS = list(known_providers(onnxruntime.get_available_providers(), {}))


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_each_next_input_changes_what_runs_until_the_first_comes_again(precision: Precision) -> None:
    loaded = OnnxruntimeRuntime().load(OP, Conditions(runtime="onnxruntime", precision=precision))
    outputs = []
    for _ in range(5):
        loaded.run()
        outputs.append(loaded._binding.get_outputs()[0].numpy().copy())
        loaded.next_input()
    assert {output.dtype.name for output in outputs} == {"float32" if precision == "fp32" else "uint8"}
    assert len({output.tobytes() for output in outputs}) == 4
    np.testing.assert_array_equal(outputs[0], outputs[4])


def test_the_graph_is_on_the_cpu_provider_with_the_threads_asked_for() -> None:
    facts = OnnxruntimeRuntime().load(OP, Conditions(runtime="onnxruntime", threads=2)).facts
    assert facts["provider"] == CPU
    assert facts["intra_op_threads"] == 2
    assert facts["memory"] == "cpu:0"


def test_a_quantised_graph_tells_how_much_of_it_is_in_integers() -> None:
    facts = OnnxruntimeRuntime().load(MBCONV, Conditions(runtime="onnxruntime", precision="int8")).facts
    assert (facts["integer_nodes"], facts["float_nodes"]) == (4, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_provider_of_this_build_runs_the_whole_graph_or_says_why_not(backend: str) -> None:
    status = OnnxruntimeRuntime().probe()
    assert set(status.backends) == set(BACKENDS)
    assert status.backends[backend] is None or len(str(status.backends[backend])) > 20
    for precision in ("fp32", "int8") if status.backends[backend] is None else ():
        conditions = Conditions(runtime="onnxruntime", backend=backend, precision=precision)
        loaded = OnnxruntimeRuntime().load(MBCONV, conditions, SEED)
        assert loaded.facts["whole_graph"] is True
        images = images_of(MBCONV.input_shape, 1)
        expected = OnnxruntimeRuntime().load(MBCONV, Conditions(runtime="onnxruntime"), SEED).infer(images)
        assert snr_db(expected, loaded.infer(images)) >= LEAST_SNR_DB


def test_a_provider_that_this_build_lacks_is_refused_with_those_that_it_has() -> None:
    settings = RuntimeSettings(providers={"npu": ProviderSettings(provider="VitisAIExecutionProvider")})
    with pytest.raises(UnsupportedWorkload, match=r"'npu' is .*VitisAIExecutionProvider.* has only .*CPUExecution"):
        OnnxruntimeRuntime(settings).load(OP, Conditions(runtime="onnxruntime", backend="npu"))
    with pytest.raises(UnsupportedWorkload, match=r"'cpu'.*, and 'npu' was asked for"):
        OnnxruntimeRuntime().load(OP, Conditions(runtime="onnxruntime", backend="npu"))


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_a_gpus_maps_are_bound_on_the_gpu(precision: Precision, monkeypatch: pytest.MonkeyPatch) -> None:
    install(FakeEngine(available=[CUDA, CPU], loadable=[CUDA, CPU]), monkeypatch)
    settings = RuntimeSettings(providers={"cuda": ProviderSettings(provider=CUDA, options={"device_id": "1"})})
    conditions = Conditions(runtime="onnxruntime", backend="cuda", precision=precision)
    loaded = OnnxruntimeRuntime(settings).load(MBCONV, conditions)
    stored = {"fp32": np.float32, "fp16": np.float16, "int8": np.uint8}[precision]
    assert {(value.place, value.dtype) for value in loaded._binding.bound.values()} == {(("cuda", 1), np.dtype(stored))}
    assert loaded.facts["memory"] == "cuda:1"
    assert loaded.infer(np.zeros((1, 8, 8, 8), np.float32)).dtype == np.float32


def test_a_run_is_over_only_when_the_gpus_output_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    install(FakeEngine(available=[CUDA, CPU], loadable=[CUDA, CPU]), monkeypatch)
    loaded = OnnxruntimeRuntime().load(MBCONV, Conditions(runtime="onnxruntime", backend="cuda"))
    loaded._binding.log.clear()
    loaded.run()
    loaded.synchronize()
    assert loaded._binding.log == ["run", "synchronize"]


def test_a_graph_that_would_fall_back_to_the_cpu_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    install(FakeEngine([CUDA, CPU], [CUDA, CPU], left_to_cpu=frozenset({"Clip"})), monkeypatch)
    with pytest.raises(UnsupportedWorkload, match="assigned to the default CPU EP"):
        OnnxruntimeRuntime().load(MBCONV, Conditions(runtime="onnxruntime", backend="cuda"))


def test_a_provider_that_does_not_start_is_told_in_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    install(FakeEngine(available=[CUDA, CPU], loadable=[CPU]), monkeypatch)
    status = OnnxruntimeRuntime().probe()
    assert status.available
    assert status.backends["cpu"] is None
    assert "assigned to the default CPU EP" in str(status.backends["cuda"])


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_a_board_without_it_is_told_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    status = OnnxruntimeRuntime().probe()
    assert not status.available
    assert status.reason is not None
    assert f"{missing} cannot be imported" in status.reason
