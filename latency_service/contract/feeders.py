"""Feeders: the canonical op that gives an op its input where the op is timed in context, by one rule for everybody.

A feeder leaves its output where and how the runtime leaves it between two layers of a network, and takes its share of
the caches, as whatever stands before the op in a network does.
"""

from latency_service.contract.network import NetworkSpec, Workload
from latency_service.contract.ops import ConvBnAct, Identity, MBConv, OpSpec, Zero

#: Feature maps with so few channels are images: they come from outside, and nothing stands before them.
_IMAGE_CHANNELS = 4
#: Of what an MBConv block gives; more channels come from a feature mix, a 1x1 convolution that widens fourfold.
_WIDEST_BLOCK = 640


def feeder_of(workload: Workload) -> OpSpec | None:
    """Return what stands before an op that is timed in context; None for one that has no context, or costs nothing.

    It is the cheapest block of the ProxylessNAS spaces, and before a classifier of wide feature maps their feature mix.
    A network has no feeder.
    """
    if isinstance(workload, NetworkSpec | Zero | Identity) or workload.in_channels <= _IMAGE_CHANNELS:
        return None
    size = {"input_height": workload.input_height, "input_width": workload.input_width}
    channels = workload.in_channels
    if channels > _WIDEST_BLOCK:
        return ConvBnAct(**size, in_channels=channels // 4, out_channels=channels, kernel_size=1)
    return MBConv(
        **size, in_channels=channels, out_channels=channels, kernel_size=3, stride=1, expand_ratio=3, has_skip=False
    )
