"""Running model files: what an exported network says of images, asked of the runtime that it is for."""

from pathlib import Path
from typing import Protocol, assert_never, get_args

import torch
from torch import Tensor

from device_agents.graphs.weights import Array
from latency_service.contract.errors import InvalidInput
from latency_service.contract.ops import Shape
from search_client.export.model_file import ModelFormat
from search_client.export.onnx_session import OnnxSession
from search_client.export.tflite_interpreter import TfliteInterpreter


class ModelSession(Protocol):
    """A model file in its runtime.

    Attributes:
        runtime: Its name and version.
        input_shape: Of the image that it takes.
    """

    runtime: str
    input_shape: Shape

    def logits(self, image: Array) -> Array:
        """Return the float32 logits, shape (classes,), of a normalised float32 image, shape (C, H, W)."""


def open_model(model_format: ModelFormat, content: bytes) -> ModelSession:
    """Return a model in its runtime.

    Raises:
        InvalidInput: The content is not what `export` writes in this format.
        PackageMissing: The runtime is not installed.
    """
    match model_format:
        case "onnx":
            return OnnxSession(content)
        case "tflite":
            return TfliteInterpreter(content)
        case _:
            assert_never(model_format)


def format_of(path: Path) -> ModelFormat:
    """Return the format that a file's name ends in.

    Raises:
        InvalidInput: It ends in none.
    """
    known: tuple[ModelFormat, ...] = get_args(ModelFormat)
    for model_format in known:
        if path.suffix == f".{model_format}":
            return model_format
    raise InvalidInput(f"{path} ends in none of .{', .'.join(known)}: its format is not known")


def logits_of(session: ModelSession, images: Tensor) -> Tensor:
    """Return the logits of normalised images.

    Args:
        session: A model file in its runtime.
        images: Shape (N, C, H, W).

    Returns:
        Shape (N, classes).

    Raises:
        InvalidInput: The model takes images of another shape.
    """
    channels, height, width = images.shape[1:]
    if session.input_shape != (height, width, channels):
        raise InvalidInput(
            f"the model takes images of {session.input_shape}, and the data set's are of "
            f"{Shape(height, width, channels)}: name the data set that it was trained on"
        )
    return torch.stack([torch.from_numpy(session.logits(image)) for image in images.contiguous().numpy()])
