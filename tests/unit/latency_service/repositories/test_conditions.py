from latency_service.contract.conditions import Conditions
from latency_service.repositories.conditions import conditions_id


def test_the_id_is_pinned() -> None:
    assert conditions_id(Conditions(runtime="onnxruntime")) == "cf6023d3a5c590ae"


def test_every_member_counts() -> None:
    variants = [
        Conditions(runtime="onnxruntime"),
        Conditions(runtime="tflite"),
        Conditions(runtime="onnxruntime", precision="int8"),
        Conditions(runtime="onnxruntime", batch_size=2),
        Conditions(runtime="onnxruntime", threads=2),
        Conditions(runtime="onnxruntime", cache_state="cold"),
        Conditions(runtime="onnxruntime", mode="graph"),
        Conditions(runtime="onnxruntime", backend="openvino"),
        Conditions(runtime="onnxruntime", layout="channels_last"),
        Conditions(runtime="onnxruntime", batch_norm="separate"),
    ]
    assert len({conditions_id(each) for each in variants}) == len(variants)
