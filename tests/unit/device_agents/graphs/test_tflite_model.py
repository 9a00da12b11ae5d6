import numpy as np
import pytest
import tflite

from device_agents.graphs.tflite_model import Steps, TfliteModel


def doubling_model() -> bytes:
    model = TfliteModel()
    source = model.add_tensor("images", (1, 2, 2, 3))
    target = model.add_tensor("doubled", (1, 2, 2, 3))
    # Three floats: the next buffer's content would not be aligned by itself.
    offset = model.add_constant("offset", np.array([1, 2, 3], np.float32))
    factor = model.add_constant("factor", np.array([2], np.float32))
    shifted = model.add_tensor("shifted", (1, 2, 2, 3))
    model.add_operator("ADD", [source, offset], shifted, "AddOptions")
    model.add_operator("MUL", [shifted, factor], target, "MulOptions", FusedActivationFunction=1)
    return model.serialize(source, target)


def read(content: bytes) -> "tflite.Model":
    return tflite.Model.GetRootAsModel(content, 0)


def test_a_model_is_recognised_as_tflite_schema_3() -> None:
    content = doubling_model()
    assert tflite.Model.ModelBufferHasIdentifier(content, 0)
    assert read(content).Version() == 3


def test_stored_content_is_aligned_to_16_bytes() -> None:
    content = doubling_model()
    model = read(content)
    stored = [model.Buffers(index).DataAsNumpy() for index in range(1, model.BuffersLength())]
    start = np.frombuffer(content, np.uint8).__array_interface__["data"][0]
    assert [value.view(np.float32).tolist() for value in stored] == [[1, 2, 3], [2]]
    assert [(value.__array_interface__["data"][0] - start) % 16 for value in stored] == [0, 0]


def test_tensors_without_content_point_to_the_empty_first_buffer() -> None:
    model = read(doubling_model())
    assert model.Buffers(0).DataLength() == 0
    graph = model.Subgraphs(0)
    buffers = {graph.Tensors(index).Name(): graph.Tensors(index).Buffer() for index in range(graph.TensorsLength())}
    assert buffers == {b"images": 0, b"doubled": 0, b"shifted": 0, b"offset": 1, b"factor": 2}


def test_a_signature_names_input_and_output() -> None:
    signature = read(doubling_model()).SignatureDefs(0)
    assert signature.SignatureKey() == b"serving_default"
    assert signature.Inputs(0).Name() == b"images"
    assert signature.Outputs(0).Name() == b"doubled"


def test_operators_keep_their_order_codes_and_options() -> None:
    model = read(doubling_model())
    graph = model.Subgraphs(0)
    operators = [graph.Operators(index) for index in range(graph.OperatorsLength())]
    codes = [model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode() for operator in operators]
    assert codes == [tflite.BuiltinOperator.ADD, tflite.BuiltinOperator.MUL]
    options = tflite.MulOptions()
    options.Init(operators[1].BuiltinOptions().Bytes, operators[1].BuiltinOptions().Pos)
    assert options.FusedActivationFunction() == tflite.ActivationFunctionType.RELU


def test_a_code_beyond_an_int8_is_marked_in_the_deprecated_field() -> None:
    model = TfliteModel()
    source, target = model.add_tensor("in", (1,)), model.add_tensor("out", (1,))
    model.add_operator("GELU", [source], target, "GeluOptions")
    code = read(model.serialize(source, target)).OperatorCodes(0)
    assert code.BuiltinCode() == tflite.BuiltinOperator.GELU
    assert code.DeprecatedBuiltinCode() == 127


def test_steps_tell_what_stored_numbers_stand_for() -> None:
    model = TfliteModel()
    source = model.add_tensor("in", (1, 2), Steps(np.array([0.5], np.float32), zero_point=-3))
    held = np.array([[1, 2], [3, 4]], np.int8)
    kernel = model.add_constant("kernel", held, Steps(np.array([0.1, 0.2], np.float32), axis=1))
    target = model.add_tensor("out", (1, 2), Steps(np.array([0.5], np.float32), zero_point=-3))
    model.add_operator("ADD", [source, kernel], target, "AddOptions")
    graph = read(model.serialize(source, target)).Subgraphs(0)
    found = [graph.Tensors(index).Quantization() for index in range(3)]
    assert [graph.Tensors(index).Type() for index in range(3)] == [tflite.TensorType.INT8] * 3
    assert found[0].ScaleAsNumpy().tolist() == [0.5]
    assert found[0].ZeroPointAsNumpy().tolist() == [-3]
    assert found[1].ScaleAsNumpy().tolist() == pytest.approx([0.1, 0.2])
    assert found[1].ZeroPointAsNumpy().tolist() == [0, 0]
    assert found[1].QuantizedDimension() == 1


def test_an_operator_on_bytes_has_another_version_than_on_floats() -> None:
    model = TfliteModel()
    steps = Steps(np.array([1], np.float32))
    floats = [model.add_tensor(name, (1,)) for name in ("a", "b")]
    stored = [model.add_tensor(name, (1,), steps) for name in ("c", "d")]
    for source, target in (floats, stored):
        model.add_operator("MUL", [source, source], target, "MulOptions")
    written = read(model.serialize(floats[0], stored[1]))
    graph = written.Subgraphs(0)
    codes = [written.OperatorCodes(graph.Operators(index).OpcodeIndex()) for index in range(2)]
    assert [code.BuiltinCode() for code in codes] == [tflite.BuiltinOperator.MUL] * 2
    assert [code.Version() for code in codes] == [1, 2]
