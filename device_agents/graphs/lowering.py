"""Lowering: an op or a network as primitive layers, once for every builder."""

from device_agents.graphs.layers import (
    AddLayer,
    ConvLayer,
    CopyLayer,
    FeatureMap,
    GlobalPoolLayer,
    Graph,
    Layer,
    LinearLayer,
    PoolKind,
    PoolLayer,
    Window,
    ZeroLayer,
)
from latency_service.contract.errors import InvalidInput
from latency_service.contract.network import NetworkSpec, Workload
from latency_service.contract.ops import (
    Activation,
    AvgPool,
    Classifier,
    ConvBnAct,
    Identity,
    MaxPool,
    MBConv,
    OpSpec,
    SepConv,
    Shape,
    Skippable,
    Zero,
)


def lower(workload: Workload) -> Graph:
    """Return the layers of an op or a network.

    An identity is no layer inside a network, as any converter would drop it; alone it is a copy.

    Raises:
        InvalidInput: The workload holds an op of a kind that has no layers here.
    """
    ops = workload.ops if isinstance(workload, NetworkSpec) else (workload,)
    chain = _Chain(workload.input_shape)
    for index, op in enumerate(ops):
        chain.prefix = f"op{index}"
        _lower_op(chain, op)
    if not chain.layers:
        chain.copy()
    return Graph(tuple(chain.layers))


def _lower_op(chain: "_Chain", op: OpSpec) -> None:
    skip = chain.end
    _lower_body(chain, op)
    if isinstance(op, Skippable) and op.has_skip:
        chain.add(skip)


def _lower_body(chain: "_Chain", op: OpSpec) -> None:
    match op:
        case ConvBnAct():
            chain.conv("conv", op.out_channels, Window(op.kernel_size, op.stride), op.activation, op.groups)
        case MBConv():
            _lower_mbconv(chain, op)
        case SepConv():
            window = Window(op.kernel_size, op.stride, op.dilation)
            chain.conv("depthwise", op.in_channels, window, op.activation, op.in_channels)
            chain.conv("pointwise", op.out_channels, Window(1), op.activation)
        case AvgPool():
            chain.pool("avg", Window(op.kernel_size, op.stride))
        case MaxPool():
            chain.pool("max", Window(op.kernel_size, op.stride))
        case Identity():
            pass
        case Zero():
            chain.zero()
        case Classifier():
            chain.classify(op.num_classes)
        case _:
            raise InvalidInput(f"ops of kind {op.kind!r} have no graph: add their layers to graphs/lowering.py")


def _lower_mbconv(chain: "_Chain", op: MBConv) -> None:
    if op.expand_ratio > 1:
        chain.conv("expand", op.hidden_channels, Window(1), op.activation)
    window = Window(op.kernel_size, op.stride)
    chain.conv("depthwise", op.hidden_channels, window, op.activation, op.hidden_channels)
    chain.conv("project", op.out_channels, Window(1), "none")


class _Chain:
    """The layers so far, and the map at their end."""

    def __init__(self, input_shape: Shape) -> None:
        self.layers: list[Layer] = []
        self.end = FeatureMap("images", input_shape)
        self.prefix = ""

    def conv(self, part: str, out_channels: int, window: Window, activation: Activation, groups: int = 1) -> None:
        target = self._target(part, self._strided(window.stride, out_channels))
        self._append(ConvLayer(self.end, target, window, groups, activation))

    def pool(self, kind: PoolKind, window: Window) -> None:
        target = self._target("pool", self._strided(window.stride, self.end.shape.channels))
        self._append(PoolLayer(self.end, target, window, kind))

    def classify(self, num_classes: int) -> None:
        target = self._target("pool", Shape(1, 1, self.end.shape.channels))
        self._append(GlobalPoolLayer(self.end, target))
        self._append(LinearLayer(self.end, self._target("linear", Shape(1, 1, num_classes))))

    def add(self, skip: FeatureMap) -> None:
        self._append(AddLayer(self.end, skip, self._target("add", skip.shape)))

    def copy(self) -> None:
        self._append(CopyLayer(self.end, self._target("copy", self.end.shape)))

    def zero(self) -> None:
        self._append(ZeroLayer(self.end, self._target("zero", self.end.shape)))

    def _append(self, layer: Layer) -> None:
        self.layers.append(layer)
        self.end = layer.target

    def _target(self, part: str, shape: Shape) -> FeatureMap:
        return FeatureMap(f"{self.prefix}_{part}", shape)

    def _strided(self, stride: int, channels: int) -> Shape:
        height, width, _ = self.end.shape
        return Shape(-(-height // stride), -(-width // stride), channels)
