from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from device_agents.graphs.lowering import lower
from device_agents.graphs.tflite_graph import tflite_model
from device_agents.graphs.weights import draw_weights
from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.runtimes.litert.interpreter import Plan, make_interpreter, read_plan
from device_agents.runtimes.settings import DelegateSettings
from latency_service.contract.keys import parse_key
from tests.unit.device_agents.runtimes.engines import ENGINES
from tests.unit.device_agents.runtimes.idle_delegate import compile_idle_delegate

PACKAGES = [name for name in ENGINES if name in ("ai-edge-litert", "tflite-runtime")]

pytestmark = pytest.mark.parametrize("package", PACKAGES)


def model(key: str = "v1-conv_bn_act-8x8x3-out8-k3-s1-g1-relu6") -> bytes:
    graph = lower(parse_key(key))
    return tflite_model(graph, draw_weights(graph, 0), batch_size=1)


@pytest.mark.parametrize(
    ("backend", "plan"),
    [("cpu", Plan("xnnpack", True)), ("xnnpack", Plan("xnnpack", True)), ("builtin", Plan(None, None))],
)
def test_each_of_the_packages_own_backends_makes_its_plan(package: str, backend: str, plan: Plan) -> None:
    assert read_plan(make_interpreter(package, model(), 1, backend), backend) == plan


def test_a_graph_of_which_xnnpack_takes_nothing_is_none_of_xnnpacks(package: str) -> None:
    interpreter = make_interpreter(package, model("v1-avg_pool-8x8x8-k1-s2"), 1, "xnnpack")
    with pytest.raises(UnsupportedWorkload, match="the plan holds no xnnpack"):
        read_plan(interpreter, "xnnpack")


def test_a_delegate_that_takes_nothing_is_told_from_one_that_runs(package: str, tmp_path: Path) -> None:
    delegate = DelegateSettings(path=compile_idle_delegate(tmp_path))
    interpreter = make_interpreter(package, model(), 1, "idle", delegate)
    with pytest.raises(UnsupportedWorkload, match="the plan holds no idle"):
        read_plan(interpreter, "idle")


def test_a_delegate_gets_its_options_and_its_own_complaint_is_told(package: str, tmp_path: Path) -> None:
    delegate = DelegateSettings(path=compile_idle_delegate(tmp_path), options={"complaint": "no chip on the bus"})
    with pytest.raises(UnsupportedWorkload, match=r"'idle' is the delegate .*idle_delegate.so.*no chip on the bus"):
        make_interpreter(package, model(), 1, "idle", delegate)


def test_a_path_without_a_library_is_told(package: str, tmp_path: Path) -> None:
    delegate = DelegateSettings(path=tmp_path / "none.so")
    with pytest.raises(UnsupportedWorkload, match=r"none\.so.*cannot open shared object"):
        make_interpreter(package, model(), 1, "idle", delegate)


def test_a_library_that_is_no_delegate_is_told(package: str) -> None:
    delegate = DelegateSettings(path=Path("libm.so.6"))
    with pytest.raises(UnsupportedWorkload, match=r"libm\.so\.6.*undefined symbol: tflite_plugin_create_delegate"):
        make_interpreter(package, model(), 1, "idle", delegate)


@pytest.mark.parametrize(
    ("nodes", "plan"),
    [
        ([("DELEGATE", [0], [9])], Plan("npu", True)),
        ([("PAD", [0], [4]), ("DELEGATE", [4], [9])], Plan("npu", False)),
    ],
)
def test_a_delegate_took_the_whole_graph_where_one_node_leads_from_end_to_end(
    package: str, nodes: list[tuple[str, list[int], list[int]]], plan: Plan
) -> None:
    interpreter: Any = SimpleNamespace(
        get_input_details=lambda: [{"index": 0}],
        get_output_details=lambda: [{"index": 9}],
        _get_ops_details=lambda: [dict(op_name=name, inputs=taken, outputs=given) for name, taken, given in nodes],
    )
    assert read_plan(interpreter, "npu") == plan
