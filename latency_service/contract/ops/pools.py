"""The ops that pool."""

from latency_service.contract.ops.base import Shape, Skippable


class _Pool(Skippable):
    @property
    def output_shape(self) -> Shape:
        """What the op gives."""
        return Shape(self.output_height, self.output_width, self.in_channels)


class AvgPool(_Pool):
    """Average pooling; padded pixels are not counted."""

    kind = "avg_pool"


class MaxPool(_Pool):
    """Maximum pooling."""

    kind = "max_pool"
