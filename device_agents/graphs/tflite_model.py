"""The flatbuffer of a TFLite model: tensors, constants and operators, collected and then written as one subgraph.

Schema: the PyPI package `tflite`, which holds the generated builder functions of the schema's version 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NewType

import flatbuffers
import numpy as np
import tflite
from numpy.typing import NDArray

TensorIndex = NewType("TensorIndex", int)
Constant = NDArray[np.float32] | NDArray[np.int32] | NDArray[np.int8]

_SCHEMA_VERSION = 3
_FILE_IDENTIFIER = b"TFL3"
_BUFFER_ALIGNMENT = 16
_TENSOR_TYPES = {
    "float32": tflite.TensorType.FLOAT32,
    "int32": tflite.TensorType.INT32,
    "int8": tflite.TensorType.INT8,
}
# Versions of the operators' semantics that are not 1: dilated depthwise, grouped convolution, keep_num_dims.
_OPERATOR_VERSIONS = {"DEPTHWISE_CONV_2D": 2, "CONV_2D": 6, "FULLY_CONNECTED": 5}
# On int8 those that are not 2.
_INT8_OPERATOR_VERSIONS = {"DEPTHWISE_CONV_2D": 3, "CONV_2D": 6, "FULLY_CONNECTED": 5, "RESHAPE": 1, "HARD_SWISH": 1}


@dataclass(frozen=True)
class Steps:
    """Where a tensor's stored numbers stand: `value = scale * (stored - zero_point)`.

    Attributes:
        scales: Shape (1,), or one for each index along the axis.
        zero_point: The same for all.
        axis: That along which the scales differ.
    """

    scales: NDArray[np.float32]
    zero_point: int = 0
    axis: int = 0


@dataclass(frozen=True)
class _Tensor:
    name: str
    shape: tuple[int, ...]
    dtype: str
    buffer: int
    steps: Steps | None


@dataclass(frozen=True)
class _Operator:
    kind: str
    version: int
    inputs: list[TensorIndex]
    outputs: list[TensorIndex]
    options_table: str | None
    options: dict[str, int]

    @property
    def code(self) -> tuple[str, int]:
        """What the model lists once for all operators alike."""
        return (self.kind, self.version)


class TfliteModel:
    """A model under construction; operators run in the order in which they were added."""

    def __init__(self) -> None:
        self._tensors: list[_Tensor] = []
        self._constants: list[Constant] = []
        self._operators: list[_Operator] = []

    def add_tensor(self, name: str, shape: tuple[int, ...], steps: Steps | None = None) -> TensorIndex:
        """Add a tensor that is computed or handed in: int8 in such steps, or float32 without any."""
        dtype = "float32" if steps is None else "int8"
        # Buffer 0 is empty: it is what a tensor without stored content points to.
        return self._append(_Tensor(name, shape, dtype, buffer=0, steps=steps))

    def add_constant(self, name: str, value: Constant, steps: Steps | None = None) -> TensorIndex:
        """Add a tensor that is stored in the model, in such steps where its numbers stand for others."""
        self._constants.append(value)
        return self._append(_Tensor(name, value.shape, value.dtype.name, len(self._constants), steps))

    def add_operator(
        self,
        kind: str,
        inputs: list[TensorIndex],
        output: TensorIndex,
        options_table: str | None = None,
        **options: int,
    ) -> None:
        """Add an operator.

        Args:
            kind: Its name in the schema's BuiltinOperator.
            inputs: What it reads, in the schema's order.
            output: What it writes.
            options_table: The name of its options in the schema's BuiltinOptions, where it has any.
            options: The options' fields, as the schema's generated functions spell them.
        """
        on_bytes = self._tensors[inputs[0]].dtype == "int8"
        version = _INT8_OPERATOR_VERSIONS.get(kind, 2) if on_bytes else _OPERATOR_VERSIONS.get(kind, 1)
        self._operators.append(_Operator(kind, version, inputs, [output], options_table, options))

    def serialize(self, source: TensorIndex, target: TensorIndex) -> bytes:
        """Return the model's bytes, with a signature that takes `source` and gives `target`."""
        stored_bytes = sum(value.nbytes + 2 * _BUFFER_ALIGNMENT for value in self._constants)
        writer = _Writer(flatbuffers.Builder(stored_bytes + 16_384))
        codes = sorted({operator.code for operator in self._operators})
        model = writer.table(
            "Model",
            Version=_SCHEMA_VERSION,
            Description=writer.text("device_agents"),
            Buffers=writer.tables([writer.table("Buffer"), *map(writer.buffer, self._constants)]),
            OperatorCodes=writer.tables([writer.operator_code(*code) for code in codes]),
            Subgraphs=writer.tables([self._write_subgraph(writer, codes, source, target)]),
            SignatureDefs=writer.tables([self._write_signature(writer, source, target)]),
        )
        return writer.finish(model)

    def _append(self, tensor: _Tensor) -> TensorIndex:
        self._tensors.append(tensor)
        return TensorIndex(len(self._tensors) - 1)

    def _write_subgraph(
        self, writer: "_Writer", codes: list[tuple[str, int]], source: TensorIndex, target: TensorIndex
    ) -> int:
        return writer.table(
            "SubGraph",
            Name=writer.text("main"),
            Tensors=writer.tables([writer.tensor(tensor) for tensor in self._tensors]),
            Inputs=writer.integers([source]),
            Outputs=writer.integers([target]),
            Operators=writer.tables(
                [writer.operator(operator, codes.index(operator.code)) for operator in self._operators]
            ),
        )

    def _write_signature(self, writer: "_Writer", source: TensorIndex, target: TensorIndex) -> int:
        return writer.table(
            "SignatureDef",
            SignatureKey=writer.text("serving_default"),
            Inputs=writer.tables([writer.tensor_map(source, self._tensors[source].name)]),
            Outputs=writer.tables([writer.tensor_map(target, self._tensors[target].name)]),
        )


class _Writer:
    """Writes the schema's tables; what a table points to is written before it, and known by its offset."""

    def __init__(self, builder: Any) -> None:
        self._builder = builder

    def table(self, name: str, **fields: int) -> int:
        getattr(tflite, f"{name}Start")(self._builder)
        for field, value in fields.items():
            getattr(tflite, f"{name}Add{field}")(self._builder, value)
        return int(getattr(tflite, f"{name}End")(self._builder))

    def tables(self, offsets: Sequence[int]) -> int:
        self._builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self._builder.PrependUOffsetTRelative(offset)
        return int(self._builder.EndVector())

    def integers(self, values: Sequence[int]) -> int:
        return int(self._builder.CreateNumpyVector(np.array(values, dtype=np.int32)))

    def text(self, value: str) -> int:
        return int(self._builder.CreateString(value))

    def buffer(self, value: Constant) -> int:
        stored = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        self._builder.Prep(_BUFFER_ALIGNMENT, stored.nbytes)
        return self.table("Buffer", Data=self._builder.CreateNumpyVector(stored))

    def operator_code(self, kind: str, version: int) -> int:
        code = getattr(tflite.BuiltinOperator, kind)
        # Readers from before the schema's version 3a look at the deprecated field, an int8.
        return self.table("OperatorCode", DeprecatedBuiltinCode=min(code, 127), BuiltinCode=code, Version=version)

    def tensor(self, tensor: _Tensor) -> int:
        fields = dict(Name=self.text(tensor.name), Shape=self.integers(tensor.shape), Buffer=tensor.buffer)
        if tensor.steps is not None:
            fields["Quantization"] = self.steps(tensor.steps)
        return self.table("Tensor", Type=_TENSOR_TYPES[tensor.dtype], **fields)

    def steps(self, steps: Steps) -> int:
        zero_points = np.full(steps.scales.shape, steps.zero_point, np.int64)
        scales = int(self._builder.CreateNumpyVector(steps.scales))
        stored = int(self._builder.CreateNumpyVector(zero_points))
        return self.table("QuantizationParameters", Scale=scales, ZeroPoint=stored, QuantizedDimension=steps.axis)

    def operator(self, operator: _Operator, code_index: int) -> int:
        fields = dict(Inputs=self.integers(operator.inputs), Outputs=self.integers(operator.outputs))
        if operator.options_table is not None:
            fields["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, operator.options_table)
            fields["BuiltinOptions"] = self.table(operator.options_table, **operator.options)
        return self.table("Operator", OpcodeIndex=code_index, **fields)

    def tensor_map(self, tensor: TensorIndex, name: str) -> int:
        return self.table("TensorMap", Name=self.text(name), TensorIndex=tensor)

    def finish(self, model: int) -> bytes:
        self._builder.Finish(model, file_identifier=_FILE_IDENTIFIER)
        return bytes(self._builder.Output())
