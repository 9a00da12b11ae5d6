import sys

import numpy as np
import pytest

from device_agents.runtimes.onnxruntime_runtime import OnnxruntimeRuntime
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key

OP = parse_key("v1-identity-4x4x3")


def test_each_next_input_changes_what_runs_until_the_first_comes_again() -> None:
    loaded = OnnxruntimeRuntime().load(OP, Conditions(runtime="onnxruntime"))
    outputs = []
    for _ in range(5):
        loaded.run()
        outputs.append(loaded._binding.get_outputs()[0].numpy().copy())
        loaded.next_input()
    assert len({output.tobytes() for output in outputs}) == 4
    np.testing.assert_array_equal(outputs[0], outputs[4])


def test_the_graph_is_on_the_cpu_provider_with_the_threads_asked_for() -> None:
    facts = OnnxruntimeRuntime().load(OP, Conditions(runtime="onnxruntime", threads=2)).facts
    assert facts["provider"] == "CPUExecutionProvider"
    assert facts["intra_op_threads"] == 2


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_a_board_without_it_is_told_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    status = OnnxruntimeRuntime().probe()
    assert not status.available
    assert status.reason is not None
    assert f"{missing} cannot be imported" in status.reason
