"""Model files: a trained network as `.onnx` or `.tflite`, in float32 or int8.

The graph is the one that agents measure under the same runtime and precision, with trained weights for drawn ones: one
image at a time, and in int8 with integers going in and coming out. Batch normalisation is folded.
"""

from collections.abc import Iterable
from typing import Any, Literal, assert_never

from torch import nn

from device_agents.graphs.calibration import ranges_over
from device_agents.graphs.layers import Graph
from device_agents.graphs.lowering import lower
from device_agents.graphs.quantization import MapScales, map_scales
from device_agents.graphs.weights import Array, Weights
from latency_service.contract.errors import LatencyError
from latency_service.contract.network import NetworkSpec
from search_client.export.trained_weights import trained_weights

ModelFormat = Literal["onnx", "tflite"]
ModelPrecision = Literal["fp32", "int8"]

BATCH_SIZE = 1


class PackageMissing(LatencyError):
    """A package that writes or runs model files is not installed."""

    code = "package_missing"

    def __init__(self, package: str, reason: Exception) -> None:
        super().__init__(f"{package} is needed and does not load ({reason}): pip install 'proxyless-latency[agent]'")


def build_model_file(
    network: NetworkSpec,
    module: nn.Module,
    model_format: ModelFormat,
    precision: ModelPrecision,
    calibration: Iterable[Array],
) -> bytes:
    """Return the content of a model file.

    Args:
        network: What is exported.
        module: Its trained module.
        model_format: What is written.
        precision: Of maps and weights.
        calibration: Batches of normalised images, each (N, C, H, W), that int8 takes the maps' ranges from; at least
            one for int8, unused for float32.

    Raises:
        InvalidInput: The module is another network's, or an op has no graph.
        PackageMissing: The format's package is not installed.
    """
    graph = lower(network)
    weights = trained_weights(graph, module)
    scales = map_scales(graph, ranges_over(graph, weights, calibration)) if precision == "int8" else None
    try:
        match model_format:
            case "onnx":
                return _onnx(graph, weights, scales)
            case "tflite":
                return _tflite(graph, weights, scales)
            case _:
                assert_never(model_format)
    except ImportError as error:
        raise PackageMissing(str(error.name), error) from error


def _onnx(graph: Graph, weights: Weights, scales: MapScales | None) -> bytes:
    from device_agents.graphs.onnx_graph import onnx_model
    from device_agents.graphs.onnx_quantized import quantized_onnx_model

    if scales is None:
        return onnx_model(graph, weights, BATCH_SIZE)
    return _with_steps(quantized_onnx_model(graph, weights, BATCH_SIZE, scales), graph, scales)


def _with_steps(model: bytes, graph: Graph, scales: MapScales) -> bytes:
    """Return the model with metadata that say what its integers stand for; a `.tflite` says so of every tensor."""
    import onnx

    proto: Any = onnx.load_from_string(model)
    steps: dict[str, str] = {}
    for end, feature_map in (("input", graph.source), ("output", graph.target)):
        scale = scales[feature_map.name].unsigned()
        steps |= {f"{end}_scale": repr(scale.scale), f"{end}_zero_point": str(scale.zero_point)}
    onnx.helper.set_model_props(proto, steps)
    return bytes(proto.SerializeToString())


def _tflite(graph: Graph, weights: Weights, scales: MapScales | None) -> bytes:
    from device_agents.graphs.tflite_graph import tflite_model
    from device_agents.graphs.tflite_quantized import quantized_tflite_model

    if scales is None:
        return tflite_model(graph, weights, BATCH_SIZE)
    return quantized_tflite_model(graph, weights, BATCH_SIZE, scales)
