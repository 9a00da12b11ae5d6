"""`proxyless-cifar`: the candidates of ProxylessNAS on 32x32 images, sized so that two CPU cores search it in minutes.

The paper's own CIFAR-10 space (a tree-structured PyramidNet, arXiv:1812.00332, section 4.1) needs days on a GPU; this
is its ImageNet space made small.
"""

from latency_service.contract.ops import Classifier, ConvBnAct, Shape
from search_client.spaces.mbconv_stages import Stage, scaled_width, searched_blocks, takes
from search_client.spaces.space import SearchSpace

NAME = "proxyless-cifar"
STEM_WIDTH, FEATURE_MIX_WIDTH = 32, 512
STAGES = (Stage(32, 2, 1), Stage(64, 3, 2), Stage(128, 3, 2))


def proxyless_cifar(width_mult: float = 1.0, resolution: int = 32, num_classes: int = 10) -> SearchSpace:
    """Return the space: eight searched blocks in three stages.

    Args:
        width_mult: Scales all widths, to multiples of 8.
        resolution: Height and width of the image, pixels.
        num_classes: Outputs of the classifier.
    """
    image = takes(Shape(resolution, resolution, 3))
    stem = ConvBnAct(**image, out_channels=scaled_width(STEM_WIDTH, width_mult), kernel_size=3, stride=2)
    stages = (stage._replace(out_channels=scaled_width(stage.out_channels, width_mult)) for stage in STAGES)
    blocks = searched_blocks(stem.output_shape, stages)
    mix_width = scaled_width(FEATURE_MIX_WIDTH, width_mult)
    feature_mix = ConvBnAct(**takes(blocks[-1].output_shape), out_channels=mix_width, kernel_size=1)
    return SearchSpace(
        name=NAME,
        params={"width_mult": width_mult, "resolution": resolution, "num_classes": num_classes},
        resolution=resolution,
        num_classes=num_classes,
        stem=(stem,),
        blocks=blocks,
        head=(feature_mix, Classifier(**takes(feature_mix.output_shape), num_classes=num_classes)),
    )
