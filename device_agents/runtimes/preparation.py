"""Preparation: what comes before any engine - refuse what cannot be run, draw weights and inputs."""

from dataclasses import dataclass

import numpy as np
import psutil

from device_agents.graphs.layers import Graph
from device_agents.graphs.lowering import lower
from device_agents.graphs.weights import Weights, draw_weights, weight_bytes
from device_agents.runtimes.base import Array, UnsupportedWorkload, WorkloadOutOfMemory
from latency_service.contract.conditions import Conditions
from latency_service.contract.network import Workload, workload_key
from latency_service.contract.ops import Shape

MAX_INPUTS = 4
MAX_INPUT_BYTES = 16 * 2**20

# Both model formats count their bytes with a signed 32-bit number; a MiB is left for all that is not weights.
_MAX_WEIGHT_BYTES = 2**31 - 2**20
# Drawn, written into the model, and packed by the engine.
_COPIES_OF_WEIGHTS = 3
_INPUT_STREAM = 1


@dataclass(frozen=True)
class Preparation:
    """A workload's graph with weights and inputs.

    Attributes:
        inputs: At least one, each (batch size, channels, height, width) and contiguous.
    """

    graph: Graph
    weights: Weights
    inputs: tuple[Array, ...]


def prepare(workload: Workload, conditions: Conditions, seed: int) -> Preparation:
    """Return what an engine needs to build the workload.

    Raises:
        UnsupportedWorkload: No model file can hold the weights.
        WorkloadOutOfMemory: The host has less memory free than weights and feature maps take at the least.
    """
    graph = lower(workload)
    _refuse_size(graph, conditions.batch_size, workload)
    inputs = draw_inputs(graph.source.shape, conditions.batch_size, seed)
    return Preparation(graph, draw_weights(graph, seed), inputs)


def draw_inputs(shape: Shape, batch_size: int, seed: int) -> tuple[Array, ...]:
    """Return MAX_INPUTS random inputs, fewer where they would exceed MAX_INPUT_BYTES, but at least one."""
    sizes = (batch_size, shape.channels, shape.height, shape.width)
    number = max(1, min(MAX_INPUTS, MAX_INPUT_BYTES // _map_bytes(shape, batch_size)))
    generator = np.random.default_rng((seed, _INPUT_STREAM))
    return tuple(generator.standard_normal(sizes, dtype=np.float32) for _ in range(number))


def _refuse_size(graph: Graph, batch_size: int, workload: Workload) -> None:
    weights = weight_bytes(graph)
    if weights > _MAX_WEIGHT_BYTES:
        raise UnsupportedWorkload(
            f"the weights of {workload_key(workload)} take {weights} bytes; a model file holds {_MAX_WEIGHT_BYTES}"
        )
    maps = max(
        _map_bytes(layer.source.shape, batch_size) + _map_bytes(layer.target.shape, batch_size)
        for layer in graph.layers
    )
    needed, available = _COPIES_OF_WEIGHTS * weights + maps, psutil.virtual_memory().available
    if needed > available:
        raise WorkloadOutOfMemory(
            f"{workload_key(workload)} at batch size {batch_size} takes at least {needed} bytes, "
            f"and {available} are free on this host: lower the batch size"
        )


def _map_bytes(shape: Shape, batch_size: int) -> int:
    return 4 * batch_size * shape.channels * shape.height * shape.width
