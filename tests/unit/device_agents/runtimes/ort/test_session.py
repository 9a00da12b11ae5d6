import json
from collections.abc import Callable

import pytest

from device_agents.graphs.lowering import lower
from device_agents.graphs.onnx_graph import onnx_model
from device_agents.graphs.onnx_quantized import quantized_onnx_model
from device_agents.graphs.weights import draw_weights
from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.runtimes.ort.session import kernel_facts, make_session, session_facts
from device_agents.runtimes.settings import ProviderSettings
from latency_service.contract.keys import parse_key
from tests.unit.device_agents.graphs.accuracy import scales_of
from tests.unit.device_agents.runtimes.ort.fake_onnxruntime import CPU, Fail, FakeEngine, install

ON_CPU = ProviderSettings(provider=CPU)
ON_CUDA = ProviderSettings(provider="CUDAExecutionProvider", options={"device_id": "0"})
MBCONV = "v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu6"


def model(key: str = MBCONV) -> bytes:
    graph = lower(parse_key(key))
    return onnx_model(graph, draw_weights(graph, 0), 1)


def quantized(key: str) -> bytes:
    graph = lower(parse_key(key))
    return quantized_onnx_model(graph, draw_weights(graph, 2), 1, scales_of(parse_key(key)))


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeEngine]:
    def build(**changes: object) -> FakeEngine:
        both = ["CUDAExecutionProvider", CPU]
        engine = FakeEngine(**({"available": both, "loadable": both} | changes))  # type: ignore[arg-type]
        install(engine, monkeypatch)
        return engine

    return build


def test_a_provider_whose_libraries_do_not_load_is_no_session_on_the_cpu(build: Callable[..., FakeEngine]) -> None:
    build(loadable=[CPU])
    with pytest.raises(Fail, match="assigned to the default CPU EP"):
        make_session(model(), ON_CUDA, threads=1)


def test_nor_is_it_one_where_the_cpu_cannot_be_forbidden(build: Callable[..., FakeEngine]) -> None:
    build(loadable=[CPU], is_old=True)
    with pytest.raises(UnsupportedWorkload, match="could not start CUDAExecutionProvider and took CPUExecution"):
        make_session(model(), ON_CUDA, threads=1)


def test_nodes_that_only_the_cpu_can_run_are_refused_not_run_there(build: Callable[..., FakeEngine]) -> None:
    build(left_to_cpu=frozenset({"Clip"}))
    with pytest.raises(Fail, match="assigned to the default CPU EP"):
        make_session(model(), ON_CUDA, threads=1)


def test_python_is_told_to_start_no_second_session_on_the_cpu(build: Callable[..., FakeEngine]) -> None:
    engine = build()
    make_session(model(), ON_CUDA, threads=1)
    assert [session.fallback for session in engine.sessions] == [0]


def test_where_the_nodes_are_is_what_onnx_runtime_says(build: Callable[..., FakeEngine]) -> None:
    build()
    facts = session_facts(make_session(model(), ON_CUDA, 2), ON_CUDA, 2)
    assert facts["whole_graph"] is True
    assert facts["provider"] == "CUDAExecutionProvider"
    assert json.loads(str(facts["provider_options"])) == {"device_id": "0"}
    assert facts["build"] == "a stand-in"
    assert facts["intra_op_threads"] == 2


def test_where_the_nodes_are_is_unknown_where_onnx_runtime_does_not_say(build: Callable[..., FakeEngine]) -> None:
    build(is_old=True)
    assert session_facts(make_session(model(), ON_CUDA, 1), ON_CUDA, 1)["whole_graph"] is None


def test_the_kernels_of_a_provider_that_compiles_the_graph_are_unknown(build: Callable[..., FakeEngine]) -> None:
    build()
    assert kernel_facts(quantized(MBCONV), ON_CUDA, 1) == {"integer_nodes": None, "float_nodes": None}


@pytest.mark.parametrize(
    ("key", "integer_nodes", "float_nodes"),
    [
        (MBCONV, 4, 0),
        ("v1-classifier-7x7x32-out10", 2, 0),
        ("v1-max_pool-8x8x4-k3-s2", 0, 0),
        # Two activations, each of them four nodes: to floats, hard sigmoid, product, back to integers.
        ("v1-sep_conv-8x8x8-out8-k3-s1-d1-hard_swish", 2, 8),
    ],
)
def test_nodes_without_integer_kernels_are_counted(key: str, integer_nodes: int, float_nodes: int) -> None:
    assert kernel_facts(quantized(key), ON_CPU, 1) == {"integer_nodes": integer_nodes, "float_nodes": float_nodes}


def test_on_the_cpu_the_session_has_the_threads_asked_for_and_no_other_provider() -> None:
    facts = session_facts(make_session(model(), ON_CPU, 2), ON_CPU, 2)
    assert (facts["provider"], facts["whole_graph"], facts["intra_op_threads"]) == (CPU, True, 2)
