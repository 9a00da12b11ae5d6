"""OpSpec: one benchmarkable operation; its output shape, MACs and parameters."""

from latency_service.contract.ops.base import Activation, OpKind, OpSpec, Shape, Skippable
from latency_service.contract.ops.convolutions import ConvBnAct, MBConv, SepConv
from latency_service.contract.ops.pools import AvgPool, MaxPool
from latency_service.contract.ops.structure import Classifier, Identity, Zero

OP_CLASSES: dict[OpKind, type[OpSpec]] = {
    cls.kind: cls for cls in (ConvBnAct, MBConv, SepConv, AvgPool, MaxPool, Identity, Zero, Classifier)
}

__all__ = [
    "OP_CLASSES",
    "Activation",
    "AvgPool",
    "Classifier",
    "ConvBnAct",
    "Identity",
    "MBConv",
    "MaxPool",
    "OpKind",
    "OpSpec",
    "SepConv",
    "Shape",
    "Skippable",
    "Zero",
]
