import pytest

from latency_service.contract.errors import InvalidInput
from latency_service.contract.named_networks import named_network
from latency_service.contract.network import NetworkSpec
from latency_service.contract.ops import Shape
from search_client.spaces.proxyless_imagenet import RELEASED_MOBILE_STAGE_WIDTHS as RELEASED_STAGE_WIDTHS
from search_client.spaces.proxyless_imagenet import proxyless_imagenet, proxyless_imagenet_mobile
from search_client.spaces.space import SearchSpace

K3E3, K3E6, K5E3, K5E6, K7E3, K7E6, ZERO = range(7)
RELEASED_MOBILE = (
    *(K5E3, K3E3, ZERO, ZERO),
    *(K7E3, K3E3, K5E3, K5E3),
    *(K7E6, K5E3, K5E3, K5E3),
    *(K5E6, K5E3, K5E3, K5E3),
    *(K7E6, K7E6, K7E3, K7E3),
    K7E6,
)


def choices_of(network: NetworkSpec, space: SearchSpace) -> tuple[int, ...]:
    """Return the choices that make a network: each op is a candidate of the next block that is not dropped."""
    searched = list(network.ops[len(space.stem) : -len(space.head)])
    choices = []
    for block in space.blocks:
        taken = bool(searched) and searched[0] in block.candidates
        choices.append(block.candidates.index(searched.pop(0)) if taken else ZERO)
    assert not searched
    return tuple(choices)


def test_the_space_has_21_blocks_of_which_15_can_be_dropped() -> None:
    space = proxyless_imagenet()
    assert [len(block.candidates) for block in space.blocks] == [6, 7, 7, 7] * 5 + [6]
    assert space.size == 6**6 * 7**15


def test_a_profile_of_the_space_asks_for_70_distinct_ops() -> None:
    """Six a stage for its first block, six more for its further ones; stem, fixed block, feature mix, classifier."""
    assert len(proxyless_imagenet().ops()) == 6 * 6 + 5 * 6 + 4


def test_the_released_mobile_network_is_in_the_variant_with_32_channels() -> None:
    network = proxyless_imagenet_mobile().network(RELEASED_MOBILE)
    assert network == named_network("proxyless-mobile")
    assert (network.macs, network.parameters) == (320_427_584, 4_080_512)


@pytest.mark.parametrize(
    ("name", "space", "macs_million", "parameters"),
    [
        ("proxyless-mobile", proxyless_imagenet_mobile(), 320.43, 4_080_512),
        ("proxyless-gpu", proxyless_imagenet(width_mult=1.35), 465.26, 7_119_848),
        ("proxyless-cpu", proxyless_imagenet(width_mult=1.12), 439.24, 4_361_648),
        (
            "proxyless-mobile-14",
            proxyless_imagenet(width_mult=1.4, stage_widths=(28, 40, 80, 96, 184, 320)),
            580.88,
            6_857_568,
        ),
    ],
)
def test_every_released_network_is_in_the_space_at_the_width_that_the_module_says(
    name: str, space: SearchSpace, macs_million: float, parameters: int
) -> None:
    published = named_network(name)
    network = space.network(choices_of(published, space))
    assert network == published
    assert (round(network.macs / 1e6, 2), network.parameters) == (macs_million, parameters)


def test_the_variant_is_the_space_with_the_released_widths() -> None:
    variant, same = proxyless_imagenet_mobile(1.3, 96, 10), proxyless_imagenet(1.3, 96, 10, RELEASED_STAGE_WIDTHS)
    assert (variant.stem, variant.blocks, variant.head) == (same.stem, same.blocks, same.head)


def test_width_and_resolution_are_parameters() -> None:
    space = proxyless_imagenet(width_mult=0.5, resolution=96, num_classes=10)
    assert space.stem[-1].output_shape == Shape(48, 48, 8)
    assert [block.output_shape.channels for block in space.blocks[::4]] == [16, 24, 40, 48, 96, 160]
    assert space.head[0].output_shape == Shape(3, 3, 1280)
    assert space.head[1].output_shape == Shape(1, 1, 10)


def test_the_feature_mix_grows_with_a_width_above_one() -> None:
    assert proxyless_imagenet(width_mult=1.4).head[0].output_shape.channels == 1792


def test_another_number_of_stage_widths_is_refused() -> None:
    with pytest.raises(InvalidInput, match="6 stages"):
        proxyless_imagenet(stage_widths=(24, 40))
