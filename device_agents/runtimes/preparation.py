"""Preparation: what comes before any engine - refuse what cannot be run, draw weights and inputs."""

from dataclasses import dataclass

import numpy as np

from device_agents.graphs.calibration import calibrate, number_of_images
from device_agents.graphs.layers import Graph
from device_agents.graphs.lowering import lower
from device_agents.graphs.quantization import MapScales, map_scales
from device_agents.graphs.weights import Weights, draw_weights, weight_bytes
from device_agents.host.files import HostFiles
from device_agents.host.memory import read_memory
from device_agents.runtimes.base import Array, UnsupportedWorkload, WorkloadOutOfMemory
from latency_service.contract.conditions import Conditions, Precision
from latency_service.contract.network import Workload, workload_key
from latency_service.contract.ops import Shape

MAX_INPUTS = 4
MAX_INPUT_BYTES = 16 * 2**20

# Both model formats count their bytes with a signed 32-bit number; a MiB is left for all that is not weights.
_MAX_WEIGHT_BYTES = 2**31 - 2**20
# Written into the model, and packed by the engine; both beside the float32 that is drawn.
_COPIES_OF_WEIGHTS = 2
_INPUT_STREAM = 1
_FLOAT_BYTES = 4
_STORED_BYTES: dict[Precision, int] = {"fp32": _FLOAT_BYTES, "fp16": 2, "int8": 1}


@dataclass(frozen=True)
class Preparation:
    """A workload's graph with weights and inputs.

    Attributes:
        inputs: At least one, each (batch size, channels, height, width) and contiguous.
        scales: Of every map of a graph in int8; else there are none.
    """

    graph: Graph
    weights: Weights
    inputs: tuple[Array, ...]
    scales: MapScales


def prepare(workload: Workload, conditions: Conditions, seed: int) -> Preparation:
    """Return what an engine needs to build the workload; for int8 the float graph is run to calibrate it.

    Raises:
        UnsupportedWorkload: No model file can hold the weights.
        WorkloadOutOfMemory: The host has less memory free than weights and feature maps take at the least.
    """
    graph = lower(workload)
    _refuse_size(graph, conditions, workload)
    inputs = draw_inputs(graph.source.shape, conditions.batch_size, seed)
    weights = draw_weights(graph, seed)
    is_quantized = conditions.precision == "int8"
    scales = map_scales(graph, calibrate(graph, weights, seed)) if is_quantized else {}
    return Preparation(graph, weights, inputs, scales)


def draw_inputs(shape: Shape, batch_size: int, seed: int) -> tuple[Array, ...]:
    """Return MAX_INPUTS random inputs, fewer where they would exceed MAX_INPUT_BYTES, but at least one."""
    sizes = (batch_size, shape.channels, shape.height, shape.width)
    number = max(1, min(MAX_INPUTS, MAX_INPUT_BYTES // (_FLOAT_BYTES * batch_size * _values(shape))))
    generator = np.random.default_rng((seed, _INPUT_STREAM))
    return tuple(generator.standard_normal(sizes, dtype=np.float32) for _ in range(number))


def _refuse_size(graph: Graph, conditions: Conditions, workload: Workload) -> None:
    weights = weight_bytes(graph, _STORED_BYTES[conditions.precision])
    if weights > _MAX_WEIGHT_BYTES:
        raise UnsupportedWorkload(
            f"the weights of {workload_key(workload)} take {weights} bytes; a model file holds {_MAX_WEIGHT_BYTES}"
        )
    drawn = weight_bytes(graph, _FLOAT_BYTES) + _FLOAT_BYTES * conditions.batch_size * _values(graph.source.shape)
    needed = drawn + _COPIES_OF_WEIGHTS * weights + _map_bytes(graph, conditions)
    available = read_memory(HostFiles()).available_bytes
    if needed > available:
        raise WorkloadOutOfMemory(
            f"{workload_key(workload)} at batch size {conditions.batch_size} takes at least {needed} bytes, "
            f"and {available} are free for this agent: lower the batch size"
        )


def _map_bytes(graph: Graph, conditions: Conditions) -> int:
    """Return what the two largest neighbours among the maps take, when the workload runs or is calibrated."""
    bytes_a_value = conditions.batch_size * _STORED_BYTES[conditions.precision]
    if conditions.precision == "int8":
        bytes_a_value = max(bytes_a_value, _FLOAT_BYTES * number_of_images(graph.source.shape))
    return bytes_a_value * max(_values(layer.source.shape) + _values(layer.target.shape) for layer in graph.layers)


def _values(shape: Shape) -> int:
    return shape.height * shape.width * shape.channels
