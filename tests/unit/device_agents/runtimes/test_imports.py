"""A board that installs the agent loads no framework that it was not asked for."""

import subprocess
import sys
from importlib.util import find_spec

FORBIDDEN = {"torch", "fastapi", "sqlalchemy"}

LOAD_ONNXRUNTIME = """
import device_agents.graphs.lowering, device_agents.graphs.onnx_graph, device_agents.graphs.tflite_graph
from device_agents.runtimes.registry import all_runtimes, make_runtime
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
all_runtimes()
make_runtime("onnxruntime").load(parse_key("v1-identity-4x4x3"), Conditions(runtime="onnxruntime")).run()
"""

LOAD_TFLITE_ON_ARMV7 = """
import sys
for absent in ("onnx", "onnxruntime", "ai_edge_litert"):
    sys.modules[absent] = None
from device_agents.runtimes.registry import all_runtimes, make_runtime
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
all_runtimes()
print(make_runtime("onnxruntime").probe().available, make_runtime("tflite").probe().available)
"""


def run_and_list_modules(script: str) -> tuple[list[str], set[str]]:
    listing = script + "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True, timeout=60)
    *lines, modules = done.stdout.splitlines()
    return lines, set(modules.split())


def test_loading_onnxruntime_loads_none_of_the_frameworks() -> None:
    _, modules = run_and_list_modules(LOAD_ONNXRUNTIME)
    assert "onnxruntime" in modules
    assert not modules & FORBIDDEN


def test_a_board_that_has_tflite_runtime_alone_needs_nothing_else() -> None:
    lines, modules = run_and_list_modules(LOAD_TFLITE_ON_ARMV7)
    assert lines == [f"False {find_spec('tflite_runtime') is not None}"]
    assert not modules & FORBIDDEN
