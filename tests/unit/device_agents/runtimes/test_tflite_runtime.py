from pathlib import Path

import numpy as np
import pytest

from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.runtimes.settings import DelegateSettings, RuntimeSettings
from device_agents.runtimes.tflite_runtime import TfliteRuntime
from latency_service.contract.conditions import Conditions, Precision
from latency_service.contract.keys import parse_key
from tests.unit.device_agents.runtimes.engines import ENGINES
from tests.unit.device_agents.runtimes.idle_delegate import compile_idle_delegate

CONDITIONS = Conditions(runtime="tflite")
WORKING = [runtime for runtime in ENGINES.values() if isinstance(runtime, TfliteRuntime)]
MBCONV = parse_key("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu6")
SWISH = parse_key("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-hard_swish")


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("runtime", WORKING, ids=lambda runtime: runtime._package)
def test_each_next_input_changes_what_runs_until_the_first_comes_again(
    runtime: TfliteRuntime, precision: Precision
) -> None:
    loaded = runtime.load(parse_key("v1-identity-4x4x3"), Conditions(runtime="tflite", precision=precision))
    outputs = []
    for _ in range(5):
        loaded.run()
        outputs.append(loaded._interpreter.get_tensor(loaded._target))
        loaded.next_input()
    assert {output.dtype.name for output in outputs} == {"float32" if precision == "fp32" else "int8"}
    assert len({output.tobytes() for output in outputs}) == 4
    np.testing.assert_array_equal(outputs[0], outputs[4])


def test_the_plan_tells_whether_the_delegate_took_the_whole_graph() -> None:
    def shares(key: str) -> tuple[object, ...]:
        facts = TfliteRuntime().load(parse_key(key), CONDITIONS).facts
        return facts["delegate"], facts["xnnpack"], facts["whole_graph"]

    assert shares("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu6") == ("xnnpack", True, True)
    # XNNPACK has no PADV2: the padding of a maximum stays with TFLite.
    assert shares("v1-max_pool-8x8x8-k3-s2") == ("xnnpack", True, False)
    # XNNPACK pools no window of a single pixel with a stride.
    assert shares("v1-avg_pool-8x8x8-k1-s2") == (None, False, None)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_with_xnnpack_and_without_an_op_gives_the_same(precision: Precision) -> None:
    images = np.random.default_rng(0).standard_normal((1, 8, 8, 8)).astype(np.float32)
    outputs = {}
    for backend in ("xnnpack", "builtin"):
        loaded = TfliteRuntime().load(MBCONV, Conditions(runtime="tflite", backend=backend, precision=precision))
        assert loaded.facts["xnnpack"] is (backend == "xnnpack")
        outputs[backend] = loaded.infer(images)
    # In int8 the two may round apart by a step in the middle of the graph.
    np.testing.assert_allclose(outputs["xnnpack"], outputs["builtin"], atol=1e-4 if precision == "fp32" else 0.2)


def test_bytes_that_xnnpack_does_not_take_are_refused_where_it_was_asked_for() -> None:
    for runtime in WORKING:
        load = runtime.load
        conditions = Conditions(runtime="tflite", backend="xnnpack", precision="int8")
        if runtime._package == "tflite-runtime":
            with pytest.raises(UnsupportedWorkload, match="the plan holds no xnnpack"):
                load(MBCONV, conditions)
        else:
            assert load(MBCONV, conditions).facts["whole_graph"] is True


def test_the_owners_delegates_are_backends_and_a_job_can_name_no_other(tmp_path: Path) -> None:
    library = compile_idle_delegate(tmp_path)
    settings = RuntimeSettings(delegates={"idle": DelegateSettings(path=library)})
    status = TfliteRuntime(settings).probe()
    assert status.backends == {
        "cpu": None,
        "xnnpack": None,
        "builtin": None,
        "idle": "the plan holds no idle: it takes no part of this graph",
    }
    with pytest.raises(UnsupportedWorkload, match="'idle', and 'edgetpu' was asked for"):
        TfliteRuntime(settings).load(MBCONV, Conditions(runtime="tflite", backend="edgetpu"))


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
