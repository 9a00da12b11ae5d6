import numpy as np
import pytest

from device_agents.runtimes.tflite_runtime import TfliteRuntime
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
from tests.unit.device_agents.runtimes.engines import ENGINES

CONDITIONS = Conditions(runtime="tflite")
WORKING = [runtime for runtime in ENGINES.values() if isinstance(runtime, TfliteRuntime)]


@pytest.mark.parametrize("runtime", WORKING, ids=lambda runtime: runtime._package)
def test_each_next_input_changes_what_runs_until_the_first_comes_again(runtime: TfliteRuntime) -> None:
    loaded = runtime.load(parse_key("v1-identity-4x4x3"), CONDITIONS)
    outputs = []
    for _ in range(5):
        loaded.run()
        outputs.append(loaded._interpreter.get_tensor(loaded._target))
        loaded.next_input()
    assert len({output.tobytes() for output in outputs}) == 4
    np.testing.assert_array_equal(outputs[0], outputs[4])


def test_the_plan_tells_whether_the_delegate_took_the_whole_graph() -> None:
    runtime = TfliteRuntime()
    whole = runtime.load(parse_key("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu6"), CONDITIONS).facts
    assert (whole["xnnpack"], whole["xnnpack_whole_graph"]) == (True, True)
    # XNNPACK has no PADV2: the padding of a maximum stays with TFLite.
    partial = runtime.load(parse_key("v1-max_pool-8x8x8-k3-s2"), CONDITIONS).facts
    assert (partial["xnnpack"], partial["xnnpack_whole_graph"]) == (True, False)
    # XNNPACK pools no window of a single pixel with a stride.
    absent = runtime.load(parse_key("v1-avg_pool-8x8x8-k1-s2"), CONDITIONS).facts
    assert (absent["xnnpack"], absent["xnnpack_whole_graph"]) == (False, False)


def test_the_first_package_that_works_is_taken() -> None:
    runtime = TfliteRuntime(packages=["no-such-package", "ai-edge-litert"])
    assert runtime.load(parse_key("v1-identity-4x4x3"), CONDITIONS).facts["package"] == "ai-edge-litert"


def test_where_none_works_every_reason_is_told() -> None:
    status = TfliteRuntime(packages=["no-such-package", "email"]).probe()
    assert not status.available
    assert status.reason is not None
    assert "No module named 'no_such_package'" in status.reason
    assert "No module named 'email.interpreter'" in status.reason
    assert "pip install" in status.reason
