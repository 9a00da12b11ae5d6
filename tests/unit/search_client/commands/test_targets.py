import pytest

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import InvalidInput
from search_client.commands.targets import parse_target
from search_client.training.targets import Target


def parse(text: str, target_ms: float | None = None, runtime: str | None = None) -> Target:
    return parse_target(text, target_ms, runtime, lambda name: Conditions(runtime=name, threads=2))


def test_a_target_says_device_runtime_latency_and_weight() -> None:
    target = parse("pixel-8/tflite:20ms@0.5")
    assert (target.device, target.target_ms, target.weight) == ("pixel-8", 20.0, 0.5)
    assert target.conditions == Conditions(runtime="tflite", threads=2)


def test_what_a_target_leaves_out_the_options_say() -> None:
    assert parse("pixel-8", target_ms=3.0, runtime="onnxruntime") == Target(
        device="pixel-8", conditions=Conditions(runtime="onnxruntime", threads=2), target_ms=3.0
    )


def test_what_a_target_says_itself_goes_before_the_options() -> None:
    target = parse("a/tflite:1.5e1ms", target_ms=3.0, runtime="onnxruntime")
    assert (target.conditions.runtime, target.target_ms) == ("tflite", 15.0)


@pytest.mark.parametrize(
    "text",
    ["pixel/tflite:20", "pixel/tflite:20s", "pixel//tflite:2ms", "pixel/tflite:ms", "pixel:2ms:3ms", ":2ms", "", "a@"],
)
def test_another_form_is_answered_with_the_right_one(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"is not DEVICE\[/RUNTIME\]\[:LATENCYms\]\[@WEIGHT\]"):
        parse(text, target_ms=1.0, runtime="tflite")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a/b:0ms", "target_ms"),
        ("a/b:-1ms", "target_ms"),
        ("a/b:1e999ms", "target_ms"),
        ("a/b:1e-ms", "target_ms"),
        ("a/b:1ms@0", "weight"),
        ("a/b:1ms@-2", "weight"),
        ("a b/c:1ms", "device"),
    ],
)
def test_a_part_that_cannot_be_is_named(text: str, where: str) -> None:
    with pytest.raises(InvalidInput, match=rf"--device {text}: {where}"):
        parse(text)


def test_a_part_that_nobody_says_is_named_by_its_option() -> None:
    with pytest.raises(InvalidInput, match="--runtime is missing"):
        parse("a:1ms")
    with pytest.raises(InvalidInput, match="--target-ms is missing"):
        parse("a/b")
