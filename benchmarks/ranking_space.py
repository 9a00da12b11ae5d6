"""A space small enough to train all of it: three blocks of four candidates, 64 architectures, on small images.

The candidates differ by kernel size and, sixfold, by width, and the middle block may be left out, so that what the
architectures can learn in the same budget differs by more than the seed of a training does (`benchmarks ranking` says
by how much).
"""

from itertools import product

from latency_service.contract.ops import Classifier, ConvBnAct, OpSpec, Shape, Zero
from search_client.modules.super_net import Path
from search_client.spaces.mbconv_stages import mbconv, takes
from search_client.spaces.space import Block, SearchSpace

NAME = "ranking"
STEM_WIDTH, WIDTHS, STRIDES, FEATURE_MIX_WIDTH = 8, (16, 16, 32), (2, 1, 2), 128
#: Kernel size and expand ratio.
CANDIDATES = ((3, 1), (3, 6), (7, 1), (7, 6))


def ranking_space(resolution: int, num_classes: int) -> SearchSpace:
    """Return the space for images of this height and width, pixels."""
    stem = ConvBnAct(**takes(Shape(resolution, resolution, 3)), out_channels=STEM_WIDTH, kernel_size=3, stride=2)
    blocks: list[Block] = []
    shape = stem.output_shape
    for width, stride in zip(WIDTHS, STRIDES, strict=True):
        blocks.append(_block(shape, width, stride))
        shape = blocks[-1].output_shape
    feature_mix = ConvBnAct(**takes(shape), out_channels=FEATURE_MIX_WIDTH, kernel_size=1)
    classifier = Classifier(**takes(feature_mix.output_shape), num_classes=num_classes)
    params = {"resolution": resolution, "num_classes": num_classes}
    return SearchSpace(NAME, params, resolution, num_classes, (stem,), tuple(blocks), (feature_mix, classifier))


def all_paths(space: SearchSpace) -> list[Path]:
    """Return the choices of every architecture."""
    return list(product(*(range(len(block.candidates)) for block in space.blocks)))


def _block(shape: Shape, width: int, stride: int) -> Block:
    candidates: list[OpSpec] = [mbconv(shape, width, kernel, stride, ratio) for kernel, ratio in CANDIDATES]
    if stride == 1 and shape.channels == width:
        candidates[2] = Zero(**takes(shape))
    return Block(tuple(candidates))
