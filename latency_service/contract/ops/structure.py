"""The ops that give a network its ends and its gaps: Identity, Zero, Classifier."""

from pydantic import StrictInt

from latency_service.contract.ops.base import OpSpec, Shape


class Identity(OpSpec):
    """Hands its input on."""

    kind = "identity"


class Zero(OpSpec):
    """Drops a block: the skip path alone remains. It costs nothing, by definition."""

    kind = "zero"


class Classifier(OpSpec):
    """Global average pooling and a linear layer with bias."""

    kind = "classifier"

    num_classes: StrictInt

    @property
    def output_shape(self) -> Shape:
        """What the op gives: logits as a 1x1 map."""
        return Shape(1, 1, self.num_classes)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the linear layer for one image."""
        return self.in_channels * self.num_classes

    @property
    def parameters(self) -> int:
        """Trainable parameters, bias included."""
        return self.in_channels * self.num_classes + self.num_classes
