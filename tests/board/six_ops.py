"""Six tiny ops, one of each sort of kernel, and what a runtime computes for them.

Run as a script, in a board's userland, it takes the name of a runtime and prints the outputs as JSON.
"""

import json
import sys

import numpy as np

from device_agents.runtimes.base import Array, Runtime
from device_agents.runtimes.registry import make_runtime
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
from latency_service.contract.ops import OpSpec

SIX_OPS: tuple[OpSpec, ...] = tuple(
    map(
        parse_key,
        (
            "v1-conv_bn_act-16x16x3-out8-k3-s2-g1-relu6",
            "v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu6",
            "v1-mbconv-8x8x8-out12-k5-s2-e6-skip0-hard_swish",
            "v1-sep_conv-7x9x8-out12-k3-s1-d2-relu",
            "v1-avg_pool-8x8x8-k3-s2",
            "v1-classifier-4x4x16-out10",
        ),
    )
)

_SEED = 20


def outputs(runtime: Runtime) -> list[Array]:
    """Return the outputs of the six ops for images drawn from a seed, each (1, channels, height, width)."""
    return [_output(runtime, op, np.random.default_rng(_SEED + number)) for number, op in enumerate(SIX_OPS)]


def _output(runtime: Runtime, op: OpSpec, generator: np.random.Generator) -> Array:
    shape = op.input_shape
    images = generator.standard_normal((1, shape.channels, shape.height, shape.width), dtype=np.float32)
    loaded = runtime.load(op, Conditions(runtime=runtime.name), seed=_SEED)
    output = loaded.infer(images)
    loaded.close()
    return output


if __name__ == "__main__":
    json.dump([output.tolist() for output in outputs(make_runtime(sys.argv[1]))], sys.stdout)
