import pytest
import torch

from latency_service.contract.errors import InvalidInput
from latency_service.contract.keys import format_key
from latency_service.contract.ops import Identity, Shape, Skippable
from search_client.modules.super_net import SuperNet
from search_client.spaces.cifar_ops import cifar_ops


def test_a_cell_that_keeps_its_shape_chooses_among_the_seven_ops_each_with_the_skip() -> None:
    assert [format_key(op) for op in cifar_ops().blocks[0].candidates] == [
        "v1-identity-32x32x32",
        "v1-sep_conv-32x32x32-out32-k3-s1-d1-relu6-skip1",
        "v1-sep_conv-32x32x32-out32-k5-s1-d1-relu6-skip1",
        "v1-sep_conv-32x32x32-out32-k7-s1-d1-relu6-skip1",
        "v1-sep_conv-32x32x32-out32-k3-s1-d2-relu6-skip1",
        "v1-avg_pool-32x32x32-k3-s1-skip1",
        "v1-max_pool-32x32x32-k3-s1-skip1",
    ]


def test_a_cell_that_halves_the_map_and_widens_it_chooses_among_the_convolutions_without_a_skip() -> None:
    reducing = [block for block in cifar_ops().blocks if len(block.candidates) == 4]
    assert [block.output_shape for block in reducing] == [Shape(16, 16, 64), Shape(8, 8, 128)]
    assert not any(isinstance(op, Skippable) and op.has_skip for block in reducing for op in block.candidates)


def test_the_space_has_eleven_cells() -> None:
    assert cifar_ops().size == 7**9 * 4**2


def test_a_network_of_identities_alone_is_stem_reductions_feature_mix_and_classifier() -> None:
    space = cifar_ops()
    network = space.network([0] * len(space.blocks))
    assert sum(isinstance(op, Identity) for op in network.ops) == 9
    assert network.macs == sum(op.macs for op in (*space.stem, *space.head)) + sum(
        block.candidates[0].macs for block in space.blocks if len(block.candidates) == 4
    )


def test_an_image_too_small_for_the_dilated_kernel_is_refused() -> None:
    with pytest.raises(InvalidInput, match="dilated kernel"):
        cifar_ops(resolution=16)


def test_a_fresh_supernet_classifies_at_a_moderate_scale_whatever_its_path() -> None:
    """A pool with its skip doubles its input; nothing of that may reach the classifier."""
    space = cifar_ops(width_mult=0.25)
    supernet = SuperNet(space, torch.Generator().manual_seed(0))
    images = torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    all_pools = [len(block.candidates) - 1 for block in space.blocks]
    for path in (all_pools, [0] * len(space.blocks)):
        supernet.set_path(path)
        loss = torch.nn.functional.cross_entropy(supernet(images), torch.arange(8))
        assert 1.5 < loss.item() < 4
