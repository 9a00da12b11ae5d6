"""The layers that every graph is made of: few, primitive, with named feature maps between them.

Batch normalisation is no layer: it is folded into the kernel and bias of the convolution before it, as at deployment.
"""

from dataclasses import dataclass
from typing import Literal

from latency_service.contract.ops import Activation, Shape

PoolKind = Literal["avg", "max"]


@dataclass(frozen=True)
class FeatureMap:
    """One image's feature map between two layers; its name is unique in its graph."""

    name: str
    shape: Shape


@dataclass(frozen=True)
class Window:
    """A square window that slides over a map, padded so that stride alone shrinks the output."""

    kernel_size: int
    stride: int = 1
    dilation: int = 1

    @property
    def padding(self) -> int:
        """Pixels of padding on every side."""
        return self.dilation * (self.kernel_size - 1) // 2

    @property
    def reach(self) -> int:
        """Pixels from the window's first to its last, both included."""
        return self.dilation * (self.kernel_size - 1) + 1


@dataclass(frozen=True)
class ConvLayer:
    """Convolution with bias, then an activation."""

    source: FeatureMap
    target: FeatureMap
    window: Window
    groups: int
    activation: Activation

    @property
    def kernel_shape(self) -> tuple[int, int, int, int]:
        """Output channels, input channels a group, height, width."""
        size = self.window.kernel_size
        return (self.target.shape.channels, self.source.shape.channels // self.groups, size, size)

    @property
    def convolved(self) -> FeatureMap:
        """What stands before the activation, where that is a step of its own."""
        return FeatureMap(f"{self.target.name}_convolved", self.target.shape)

    @property
    def is_depthwise(self) -> bool:
        """Whether every group is a single input channel."""
        return self.groups == self.source.shape.channels > 1


@dataclass(frozen=True)
class PoolLayer:
    """Average of the pixels under the window that are not padding, or their maximum."""

    source: FeatureMap
    target: FeatureMap
    window: Window
    kind: PoolKind


@dataclass(frozen=True)
class GlobalPoolLayer:
    """Average of each channel, as a 1x1 map."""

    source: FeatureMap
    target: FeatureMap


@dataclass(frozen=True)
class LinearLayer:
    """Matrix product and bias, from a 1x1 map to a 1x1 map."""

    source: FeatureMap
    target: FeatureMap

    @property
    def kernel_shape(self) -> tuple[int, int]:
        """Output channels, input channels."""
        return (self.target.shape.channels, self.source.shape.channels)


@dataclass(frozen=True)
class AddLayer:
    """Sum of a map and the skip, which is the source of an earlier layer."""

    source: FeatureMap
    skip: FeatureMap
    target: FeatureMap


@dataclass(frozen=True)
class CopyLayer:
    """The same map again."""

    source: FeatureMap
    target: FeatureMap


@dataclass(frozen=True)
class ZeroLayer:
    """Zero times the map."""

    source: FeatureMap
    target: FeatureMap


WeightedLayer = ConvLayer | LinearLayer
Layer = WeightedLayer | PoolLayer | GlobalPoolLayer | AddLayer | CopyLayer | ZeroLayer


@dataclass(frozen=True)
class Graph:
    """At least one layer, each behind the last; `AddLayer` alone looks further back."""

    layers: tuple[Layer, ...]

    @property
    def source(self) -> FeatureMap:
        """What the graph takes."""
        return self.layers[0].source

    @property
    def target(self) -> FeatureMap:
        """What the graph gives."""
        return self.layers[-1].target

    @property
    def weighted_layers(self) -> tuple[WeightedLayer, ...]:
        """The layers that have a kernel and a bias."""
        return tuple(layer for layer in self.layers if isinstance(layer, WeightedLayer))
