"""OnnxSession: an exported `.onnx` in ONNX Runtime, one image at a time."""

import numpy as np

from device_agents.graphs.quantization import MapScale
from device_agents.graphs.weights import Array
from latency_service.contract.errors import InvalidInput
from latency_service.contract.ops import Shape
from search_client.export.model_file import PackageMissing


class OnnxSession:
    """A session on the CPU.

    Args:
        model: Content of a file that `export` wrote.

    Raises:
        InvalidInput: It is no such file.
        PackageMissing: ONNX Runtime is not installed.
    """

    def __init__(self, model: bytes) -> None:
        try:
            import onnxruntime
            from onnxruntime.capi import onnxruntime_pybind11_state as engine
        except ImportError as error:
            raise PackageMissing("onnxruntime", error) from error
        try:
            self._session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        except (engine.InvalidProtobuf, engine.InvalidGraph, engine.Fail) as error:
            raise InvalidInput(f"ONNX Runtime cannot read the model: {error}") from error
        self.runtime = f"onnxruntime {onnxruntime.__version__}"
        match [(source.name, source.type, source.shape) for source in self._session.get_inputs()]:
            case [(name, ("tensor(float)" | "tensor(uint8)") as kind, [1, int(channels), int(height), int(width)])]:
                self._input_name, self._is_quantized = name, kind == "tensor(uint8)"
                self.input_shape = Shape(height, width, channels)
            case inputs:
                raise InvalidInput(f"the model takes {inputs}, not one image: no `search-client export` wrote it")
        if self._is_quantized:
            self._source_scale, self._target_scale = self._scale("input"), self._scale("output")

    def logits(self, image: Array) -> Array:
        """Return the logits, shape (classes,), of an image, shape (C, H, W)."""
        if not self._is_quantized:
            return self._run(image)
        return self._target_scale.dequantize(self._run(self._source_scale.quantize(image)))

    def _run(self, stored: Array) -> Array:
        output: Array = self._session.run(None, {self._input_name: stored[np.newaxis]})[0]
        return output.reshape(-1)

    def _scale(self, end: str) -> MapScale:
        steps = self._session.get_modelmeta().custom_metadata_map
        try:
            return MapScale(float(steps[f"{end}_scale"]), int(steps[f"{end}_zero_point"]), is_signed=False)
        except KeyError:
            raise InvalidInput(
                f"the model's metadata do not say what its {end}'s integers stand for: {end}_scale is missing; write "
                "it with `search-client export`"
            ) from None
