"""`cifar-ops`: the seven ops of the paper's CIFAR-10 search on a chain of cells with skips.

The paper searches the cells of a tree-structured PyramidNet (section 4.1, after Path-Level Network Transformation,
arXiv:1806.02639, section 3.3). This space has its ops and, around every cell that keeps its shape, a skip; its cells
hold one op each. The skip belongs to each candidate's OpSpec, so that it is trained, measured, exported and counted
with the op that it goes around. A chosen identity leaves the skip alone, not twice the input. The cells that halve the
map and widen it have no skip, and choose among the convolutions: neither a pool nor an identity can widen.
A pool with its skip about doubles its input, so paths differ in scale; the feature mix, which normalises, brings them
to one before the classifier.

Tried, does not work: the classifier right behind the last cell. After 180 steps over uniform paths on Fashion-MNIST
(width 0.5, batch 32, one seed) the next 60 batches were classified to 13 %; to 20 % where pools had no skip, to 23 %
where they had none before a feature mix, and to 30 % as it is.
"""

from latency_service.contract.ops import AvgPool, Classifier, ConvBnAct, Identity, MaxPool, OpSpec, SepConv, Shape
from search_client.spaces.mbconv_stages import Stage, scaled_width, takes
from search_client.spaces.space import Block, SearchSpace

NAME = "cifar-ops"
STEM_WIDTH, FEATURE_MIX_WIDTH = 32, 512
STAGES = (Stage(32, 3, 1), Stage(64, 4, 2), Stage(128, 4, 2))
#: Kernel size and dilation of the depthwise-separable convolutions.
CONVOLUTIONS = ((3, 1), (5, 1), (7, 1), (3, 2))
POOL_SIZE = 3


def cifar_ops(width_mult: float = 1.0, resolution: int = 32, num_classes: int = 10) -> SearchSpace:
    """Return the space: eleven searched cells in three stages, two of which reduce.

    Args:
        width_mult: Scales all widths, to multiples of 8.
        resolution: Height and width of the image, pixels; the smallest map, a quarter of it, must hold the dilated
            kernel's 5 pixels.
        num_classes: Outputs of the classifier.

    Raises:
        InvalidInput: A width or the resolution is too small.
    """
    image = takes(Shape(resolution, resolution, 3))
    stem = ConvBnAct(**image, out_channels=scaled_width(STEM_WIDTH, width_mult), kernel_size=3)
    cells: list[Block] = []
    shape = stem.output_shape
    for stage in STAGES:
        width = scaled_width(stage.out_channels, width_mult)
        for index in range(stage.num_blocks):
            cells.append(_cell(shape, width, stage.stride if index == 0 else 1))
            shape = cells[-1].output_shape
    mix_width = scaled_width(FEATURE_MIX_WIDTH, width_mult)
    feature_mix = ConvBnAct(**takes(shape), out_channels=mix_width, kernel_size=1)
    return SearchSpace(
        name=NAME,
        params={"width_mult": width_mult, "resolution": resolution, "num_classes": num_classes},
        resolution=resolution,
        num_classes=num_classes,
        stem=(stem,),
        blocks=tuple(cells),
        head=(feature_mix, Classifier(**takes(feature_mix.output_shape), num_classes=num_classes)),
    )


def _cell(shape: Shape, width: int, stride: int) -> Block:
    keeps_shape = stride == 1 and shape.channels == width
    candidates: list[OpSpec] = [
        SepConv(
            **takes(shape),
            out_channels=width,
            kernel_size=kernel_size,
            stride=stride,
            dilation=dilation,
            has_skip=keeps_shape,
        )
        for kernel_size, dilation in CONVOLUTIONS
    ]
    if keeps_shape:
        pools = (pool(**takes(shape), kernel_size=POOL_SIZE, has_skip=True) for pool in (AvgPool, MaxPool))
        candidates = [Identity(**takes(shape)), *candidates, *pools]
    return Block(tuple(candidates))
