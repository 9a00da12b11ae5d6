import pytest

from device_agents.runtimes.registry import all_runtimes, host_runtime_names, make_runtime, runtime_names
from latency_service.contract.errors import UnknownName


def test_every_runtime_answers_to_its_name() -> None:
    assert runtime_names() == ("onnxruntime", "tflite", "torch", "adb")
    assert [make_runtime(name).name for name in runtime_names()] == list(runtime_names())
    assert [runtime.name for runtime in all_runtimes()] == list(runtime_names())


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match=r"'tensorrt'.*onnxruntime, tflite, torch, adb"):
        make_runtime("tensorrt")


def test_what_runs_on_phones_is_none_of_the_hosts_own() -> None:
    assert set(runtime_names()) - set(host_runtime_names()) == {"adb"}
