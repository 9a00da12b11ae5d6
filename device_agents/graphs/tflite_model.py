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
Constant = NDArray[np.float32] | NDArray[np.int32]

_SCHEMA_VERSION = 3
_FILE_IDENTIFIER = b"TFL3"
_BUFFER_ALIGNMENT = 16
_TENSOR_TYPES = {"float32": tflite.TensorType.FLOAT32, "int32": tflite.TensorType.INT32}
# Versions of the operators' semantics that are not 1: dilated depthwise, grouped convolution, keep_num_dims.
_OPERATOR_VERSIONS = {"DEPTHWISE_CONV_2D": 2, "CONV_2D": 6, "FULLY_CONNECTED": 5}


@dataclass(frozen=True)
class _Tensor:
    name: str
    shape: tuple[int, ...]
    type: int
    buffer: int


@dataclass(frozen=True)
class _Operator:
    kind: str
    inputs: list[TensorIndex]
    outputs: list[TensorIndex]
    options_table: str | None
    options: dict[str, int]


class TfliteModel:
    """A model under construction; operators run in the order in which they were added."""

    def __init__(self) -> None:
        self._tensors: list[_Tensor] = []
        self._constants: list[Constant] = []
        self._operators: list[_Operator] = []

    def add_tensor(self, name: str, shape: tuple[int, ...]) -> TensorIndex:
        """Add a float32 tensor that is computed or handed in."""
        return self._append(_Tensor(name, shape, _TENSOR_TYPES["float32"], buffer=0))

    def add_constant(self, name: str, value: Constant) -> TensorIndex:
        """Add a tensor that is stored in the model."""
        self._constants.append(value)
        # Buffer 0 is empty: it is what a tensor without stored content points to.
        return self._append(_Tensor(name, value.shape, _TENSOR_TYPES[value.dtype.name], len(self._constants)))

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
        self._operators.append(_Operator(kind, inputs, [output], options_table, options))

    def serialize(self, source: TensorIndex, target: TensorIndex) -> bytes:
        """Return the model's bytes, with a signature that takes `source` and gives `target`."""
        stored_bytes = sum(value.nbytes + 2 * _BUFFER_ALIGNMENT for value in self._constants)
        writer = _Writer(flatbuffers.Builder(stored_bytes + 16_384))
        kinds = sorted({operator.kind for operator in self._operators})
        model = writer.table(
            "Model",
            Version=_SCHEMA_VERSION,
            Description=writer.text("device_agents"),
            Buffers=writer.tables([writer.table("Buffer"), *map(writer.buffer, self._constants)]),
            OperatorCodes=writer.tables([writer.operator_code(kind) for kind in kinds]),
            Subgraphs=writer.tables([self._write_subgraph(writer, kinds, source, target)]),
            SignatureDefs=writer.tables([self._write_signature(writer, source, target)]),
        )
        return writer.finish(model)

    def _append(self, tensor: _Tensor) -> TensorIndex:
        self._tensors.append(tensor)
        return TensorIndex(len(self._tensors) - 1)

    def _write_subgraph(self, writer: "_Writer", kinds: list[str], source: TensorIndex, target: TensorIndex) -> int:
        return writer.table(
            "SubGraph",
            Name=writer.text("main"),
            Tensors=writer.tables([writer.tensor(tensor) for tensor in self._tensors]),
            Inputs=writer.integers([source]),
            Outputs=writer.integers([target]),
            Operators=writer.tables(
                [writer.operator(operator, kinds.index(operator.kind)) for operator in self._operators]
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

    def operator_code(self, kind: str) -> int:
        code = getattr(tflite.BuiltinOperator, kind)
        version = _OPERATOR_VERSIONS.get(kind, 1)
        # Readers from before the schema's version 3a look at the deprecated field, an int8.
        return self.table("OperatorCode", DeprecatedBuiltinCode=min(code, 127), BuiltinCode=code, Version=version)

    def tensor(self, tensor: _Tensor) -> int:
        name, shape = self.text(tensor.name), self.integers(tensor.shape)
        return self.table("Tensor", Name=name, Shape=shape, Type=tensor.type, Buffer=tensor.buffer)

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
