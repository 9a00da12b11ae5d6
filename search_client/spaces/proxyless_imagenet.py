"""`proxyless-imagenet`: the space of ProxylessNAS, arXiv:1812.00332, section 4.2, as released.

`proxyless-imagenet-mobile` is the variant with 32 channels in its first stage, from which the released mobile network
comes. The released gpu network is `proxyless-imagenet` at width_mult 1.35, the cpu network at 1.12; the mobile network
of width 1.4 departs from the rounding in two stages: width_mult 1.4 over stage_widths 28, 40, 80, 96, 184, 320.
"""

from collections.abc import Sequence
from dataclasses import replace

from latency_service.contract.errors import InvalidInput
from latency_service.contract.ops import Classifier, ConvBnAct, Shape
from search_client.spaces.mbconv_stages import Stage, mbconv, scaled_width, searched_blocks, takes
from search_client.spaces.space import SearchSpace

NAME, MOBILE_NAME = "proxyless-imagenet", "proxyless-imagenet-mobile"
STAGE_WIDTHS = (24, 40, 80, 96, 192, 320)
#: The released mobile network was searched with 32 channels in its first stage.
RELEASED_MOBILE_STAGE_WIDTHS = (32, *STAGE_WIDTHS[1:])
STAGE_BLOCKS = (4, 4, 4, 4, 4, 1)
STAGE_STRIDES = (2, 2, 2, 1, 2, 1)
STEM_WIDTH, FIXED_BLOCK_WIDTH, FEATURE_MIX_WIDTH = 32, 16, 1280


def proxyless_imagenet(
    width_mult: float = 1.0,
    resolution: int = 224,
    num_classes: int = 1000,
    stage_widths: Sequence[int] = STAGE_WIDTHS,
) -> SearchSpace:
    """Return the space: 21 searched blocks in six stages.

    Args:
        width_mult: Scales all widths, to multiples of 8; the feature mix only grows with it.
        resolution: Height and width of the image, pixels.
        num_classes: Outputs of the classifier.
        stage_widths: Channels of the six stages before scaling.

    Raises:
        InvalidInput: There are not six stage widths.
    """
    if len(stage_widths) != len(STAGE_BLOCKS):
        raise InvalidInput(f"{NAME} has {len(STAGE_BLOCKS)} stages, and got {len(stage_widths)} stage_widths")
    image = takes(Shape(resolution, resolution, 3))
    stem = ConvBnAct(**image, out_channels=scaled_width(STEM_WIDTH, width_mult), kernel_size=3, stride=2)
    fixed = mbconv(stem.output_shape, scaled_width(FIXED_BLOCK_WIDTH, width_mult), 3, 1, expand_ratio=1)
    widths = [scaled_width(width, width_mult) for width in stage_widths]
    stages = map(Stage, widths, STAGE_BLOCKS, STAGE_STRIDES)
    blocks = searched_blocks(fixed.output_shape, stages)
    mix_width = scaled_width(FEATURE_MIX_WIDTH, max(1.0, width_mult))
    feature_mix = ConvBnAct(**takes(blocks[-1].output_shape), out_channels=mix_width, kernel_size=1)
    return SearchSpace(
        name=NAME,
        params={
            "width_mult": width_mult,
            "resolution": resolution,
            "num_classes": num_classes,
            "stage_widths": tuple(stage_widths),
        },
        resolution=resolution,
        num_classes=num_classes,
        stem=(stem, fixed),
        blocks=blocks,
        head=(feature_mix, Classifier(**takes(feature_mix.output_shape), num_classes=num_classes)),
    )


def proxyless_imagenet_mobile(width_mult: float = 1.0, resolution: int = 224, num_classes: int = 1000) -> SearchSpace:
    """Return `proxyless_imagenet` with the stage widths of the released mobile network."""
    space = proxyless_imagenet(width_mult, resolution, num_classes, RELEASED_MOBILE_STAGE_WIDTHS)
    own = {"width_mult": width_mult, "resolution": resolution, "num_classes": num_classes}
    return replace(space, name=MOBILE_NAME, params=own)
