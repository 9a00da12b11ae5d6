"""TfliteInterpreter: an exported `.tflite` in LiteRT or TensorFlow Lite's runtime, one image at a time."""

from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np

from device_agents.graphs.quantization import MapScale
from device_agents.graphs.weights import Array
from latency_service.contract.errors import InvalidInput
from latency_service.contract.ops import Shape
from search_client.export.model_file import PackageMissing

#: The living runtime and its ancestor, which alone there is for some boards.
PACKAGES = ("ai-edge-litert", "tflite-runtime")


class TfliteInterpreter:
    """An interpreter of the first package that is installed.

    Args:
        model: Content of a file that `export` wrote.

    Raises:
        InvalidInput: It is no such file.
        PackageMissing: Neither package is installed.
    """

    def __init__(self, model: bytes) -> None:
        package, module = _first_installed()
        try:
            self._interpreter = module.Interpreter(model_content=model, num_threads=1)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise InvalidInput(f"{package} cannot read the model: {error}") from error
        self.runtime = f"{package} {version(package)}"
        self._source, self._target = self._interpreter.get_input_details()[0], self._interpreter.get_output_details()[0]
        match [(each["dtype"], each["shape"].tolist()) for each in self._interpreter.get_input_details()]:
            case [(dtype, [1, height, width, channels])] if dtype in (np.float32, np.int8):
                self._is_quantized = dtype == np.int8
                self.input_shape = Shape(height, width, channels)
            case inputs:
                raise InvalidInput(f"the model takes {inputs}, not one image: no `search-client export` wrote it")

    def logits(self, image: Array) -> Array:
        """Return the logits, shape (classes,), of an image, shape (C, H, W)."""
        channels_last = np.ascontiguousarray(image.transpose(1, 2, 0))
        if not self._is_quantized:
            return self._run(channels_last)
        return _scale(self._target).dequantize(self._run(_scale(self._source).quantize(channels_last)))

    def _run(self, stored: Array) -> Array:
        self._interpreter.set_tensor(self._source["index"], stored[np.newaxis])
        self._interpreter.invoke()
        output: Array = self._interpreter.get_tensor(self._target["index"])
        return output.reshape(-1)


def _first_installed() -> tuple[str, Any]:
    for package in PACKAGES:
        try:
            return package, import_module(f"{package.replace('-', '_')}.interpreter")
        except ImportError as error:
            reason = error
    raise PackageMissing(" or ".join(PACKAGES), reason)


def _scale(details: dict[str, Any]) -> MapScale:
    scale, zero_point = details["quantization"]
    return MapScale(float(scale), int(zero_point))
